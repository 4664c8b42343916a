import { AppError } from '@sluice/base'
import { entityKinds, type EntityKind, type Scope } from '@sluice/contract'

/** The scope in which a kind is looked up: `--at account|org|project` where a kind can live in several, else its own. */
export function scopeFor(
  kind: EntityKind,
  scope: { readonly orgIdentifier: string; readonly projectIdentifier: string },
  at: string | undefined,
): Scope {
  const level = at ?? { account: 'account', org: 'org', any: 'project', project: 'project' }[entityKinds[kind].scope]
  switch (level) {
    case 'account':
      return {}
    case 'org':
      return { orgIdentifier: scope.orgIdentifier }
    case 'project':
      return scope
    default:
      throw new AppError('invalid', 'SCOPE_LEVEL_UNKNOWN', `"--at ${level}" is not a level.`, {
        hint: 'Levels are account, org and project.',
      })
  }
}
