import { type AppError, didYouMean } from '@sluice/base'
import { type Db, getEntity, listEntities } from '@sluice/store'
import { notFound } from '../http/http-error.ts'
import { canRead, type Caller, type Place } from './caller.ts'

/** Names that a hint lists; whoever has more knows how to ask for them. */
const namesMax = 20

/** The place that a list's query names; a project without its organization is one of `default`. */
export function listedPlace(query: {
  readonly orgIdentifier?: string | undefined
  readonly projectIdentifier?: string | undefined
}): Place {
  return {
    org: query.orgIdentifier ?? (query.projectIdentifier === undefined ? '' : 'default'),
    project: query.projectIdentifier ?? '',
  }
}

/**
 * Throws `notFound`, with what there is instead, where a list is asked for of a place that is not there or that the caller may not know
 * of. To be asked where the list is empty: a misspelt place is then no place without anything in it.
 */
export async function requireListedPlace(db: Db, caller: Caller, place: Place): Promise<void> {
  const { org, project } = place
  if (org === '') return
  if (!canRead(caller, { org, project: '' }) || !(await exists(db, 'organization', '', org))) {
    throw missing('organization', org, org, 'Organizations', await namesOf(db, caller, 'organization', ''))
  }
  if (project === '' || (canRead(caller, place) && (await exists(db, 'project', org, project)))) return
  throw missing('project', project, `${org}/${project}`, `Projects of "${org}"`, await namesOf(db, caller, 'project', org))
}

async function exists(db: Db, kind: string, org: string, identifier: string): Promise<boolean> {
  return (await getEntity(db, { kind, org, project: '', identifier })) !== undefined
}

/** At most one more than is shown. */
async function namesOf(db: Db, caller: Caller, kind: string, org: string): Promise<string[]> {
  const filter = { kind, within: { org, project: '' }, visibleTo: caller.scope }
  const rows = await listEntities(db, filter, { limit: namesMax + 1, after: undefined })
  return rows.map(({ identifier }) => identifier)
}

function missing(what: string, name: string, path: string, title: string, names: readonly string[]): AppError {
  const nearest = didYouMean(name, names)
  const list = names.length === 0 ? 'none' : names.slice(0, namesMax).join(', ')
  const hint = `${title}: ${list}${names.length > namesMax ? ', and more' : ''}.`
  return notFound(what, path, nearest === undefined ? hint : `Did you mean "${nearest}"? ${hint}`)
}
