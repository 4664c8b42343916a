import type { Role } from '@sluice/store'

/** Where something lives or how far a key reaches: '' for the account and for outside of projects. */
export interface Place {
  readonly org: string
  readonly project: string
}

/** Who calls: an API key, or a session that was opened with one. */
export interface Caller {
  /** For audit and `triggeredBy`. */
  readonly name: string
  readonly role: Role
  readonly scope: Place
  readonly apiKeyId: string
  readonly via: 'apiKey' | 'session'
}

const ranks: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, editor: 2, admin: 3 }

/** Roles include those before them: viewer, operator, editor, admin. */
export function hasRole(caller: Caller, role: Role): boolean {
  return ranks[caller.role] >= ranks[role]
}

/** Whether `outer` is the same place as `inner` or around it. */
export function contains(outer: Place, inner: Place): boolean {
  if (outer.org === '') return true
  return outer.org === inner.org && (outer.project === '' || outer.project === inner.project)
}

/** A caller sees what is in its scope, and what its scope can refer to: the account's and its organization's own things. */
export function canRead(caller: Caller, place: Place): boolean {
  return contains(caller.scope, place) || contains(place, caller.scope)
}

/** A caller changes what is in its scope and nothing around it. */
export function canWrite(caller: Caller, place: Place): boolean {
  return contains(caller.scope, place)
}

/** A place for people: `account`, `organization "a"`, `project "a/b"`. */
export function describePlace({ org, project }: Place): string {
  if (org === '') return 'the account'
  return project === '' ? `organization "${org}"` : `project "${org}/${project}"`
}
