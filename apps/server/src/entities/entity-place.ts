import type { EntityKind, Scope } from '@sluice/contract'
import { entityKinds } from '@sluice/contract'
import type { EntityKey } from '@sluice/store'
import type { Place } from '../access/caller.ts'

/** What names an entity's organization and project: a body, or the query of a call. */
type ScopeFields = Pick<Scope, 'orgIdentifier' | 'projectIdentifier'>

/** Where an entity of a kind is stored. What is left out is `default` for kinds that cannot live higher. */
export function placeOf(kind: EntityKind, fields: ScopeFields): Place {
  switch (entityKinds[kind].scope) {
    case 'account':
      return { org: '', project: '' }
    case 'org':
      return { org: fields.orgIdentifier ?? 'default', project: '' }
    case 'project':
      return { org: fields.orgIdentifier ?? 'default', project: fields.projectIdentifier ?? 'default' }
    case 'any':
      return {
        org: fields.orgIdentifier ?? (fields.projectIdentifier === undefined ? '' : 'default'),
        project: fields.projectIdentifier ?? '',
      }
  }
}

/** The place that a caller's scope is compared with: an organization and a project are themselves that place. */
export function positionOf({ kind, org, project, identifier }: EntityKey): Place {
  if (kind === 'organization') return { org: identifier, project: '' }
  if (kind === 'project') return { org, project: identifier }
  return { org, project }
}

/** The body with its scope written out as it is stored, and in the place that the query names where the body names none. */
export function withPlace<Body extends Record<string, unknown>>(kind: EntityKind, body: Body, { org, project }: Place): Body {
  if (kind === 'organization') return body
  if (kind === 'project') return { ...body, orgIdentifier: org }
  return {
    ...body,
    ...(org === '' ? {} : { orgIdentifier: org }),
    ...(project === '' ? {} : { projectIdentifier: project }),
  }
}

/** Names of the kinds, for people. */
export const kindNames: Readonly<Record<EntityKind, string>> = {
  organization: 'organization',
  project: 'project',
  secret: 'secret',
  connector: 'connector',
  dbSchema: 'DB schema',
  dbInstance: 'DB instance',
  pipeline: 'pipeline',
}
