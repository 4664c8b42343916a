import { AppError, didYouMean } from '@sluice/base'
import type { EntityKind, IssueView } from '@sluice/contract'
import {
  type Db,
  type Trx,
  type EntityKey,
  type EntityReference,
  listEntities,
  listReferrers,
  lockReferenced,
} from '@sluice/store'
import { describePlace, type Place } from '../access/caller.ts'
import { kindNames } from './entity-place.ts'

const namedMax = 10

/** What is wrong with the references of an entity: all that lead nowhere or to the wrong type, each with its field and a hint. */
export async function checkReferences(trx: Trx, references: readonly EntityReference[]): Promise<IssueView[]> {
  const found = new Map((await lockReferenced(trx, references)).map((row) => [keyText(row), row]))
  const issues: IssueView[] = []
  for (const reference of references) {
    const target = found.get(keyText(reference))
    const path = reference.field.split('.')
    const kind = reference.kind as EntityKind
    if (target === undefined) {
      issues.push({
        path,
        code: 'REFERENCE_MISSING',
        message: `"${reference.field}" names the ${kindNames[kind]} "${reference.identifier}", which does not exist in ${describePlace(reference)}.`,
        hint: await hintFor(trx, reference),
      })
      continue
    }
    const wanted = wantedType(reference)
    const type = String(target.body['type'])
    if (wanted !== undefined && type !== wanted) {
      issues.push({
        path,
        code: 'REFERENCE_TYPE',
        message: `"${reference.field}" needs a connector of type ${wanted}; "${reference.identifier}" is of type ${type}.`,
      })
    }
  }
  return issues
}

/** Throws conflict `ENTITY_REFERRED` that names who refers to an entity. */
export async function refuseWhileReferred(trx: Trx, key: EntityKey): Promise<void> {
  const referrers = await listReferrers(trx, key, namedMax + 1)
  if (referrers.length === 0) return
  const named = referrers.slice(0, namedMax).map((one) => `${kindNames[one.kind as EntityKind]} "${one.identifier}"`)
  const more = referrers.length > namedMax ? ' and others' : ''
  throw new AppError(
    'conflict',
    'ENTITY_REFERRED',
    `The ${kindNames[key.kind as EntityKind]} "${key.identifier}" cannot be deleted while ${[...new Set(named)].join(', ')}${more} ${named.length === 1 && more === '' ? 'refers' : 'refer'} to it.`,
    {
      hint: 'Change or delete those first.',
      details: {
        referrers: referrers.slice(0, namedMax).map(({ kind, org, project, identifier, field }) => ({
          kind,
          ...(org === '' ? {} : { orgIdentifier: org }),
          ...(project === '' ? {} : { projectIdentifier: project }),
          identifier,
          field,
        })),
      },
    },
  )
}

/** The connector type that a field asks for. */
function wantedType({ kind, field }: EntityReference): string | undefined {
  if (kind !== 'connector') return undefined
  return field === 'changelog.connector' ? 'Git' : 'Jdbc'
}

async function hintFor(db: Db, reference: EntityReference): Promise<string> {
  const siblings = await listEntities(
    db,
    { kind: reference.kind, within: placeAsFilter(reference), visibleTo: { org: '', project: '' } },
    { limit: 200, after: undefined },
  )
  const here = siblings.filter((row) => row.org === reference.org && row.project === reference.project)
  const near = didYouMean(
    reference.identifier,
    here.map((row) => row.identifier),
  )
  if (near !== undefined) return `Did you mean "${near}"?`
  const elsewhere = await findElsewhere(db, reference)
  return elsewhere ?? 'Create it first.'
}

/** Whether the thing exists one or two levels higher: then only the prefix is missing. */
async function findElsewhere(db: Db, { kind, org, project, identifier }: EntityReference): Promise<string | undefined> {
  if (kind !== 'secret' && kind !== 'connector') return undefined
  const levels: { prefix: string; place: Place }[] = [
    ...(project === '' ? [] : [{ prefix: 'org.', place: { org, project: '' } }]),
    ...(org === '' ? [] : [{ prefix: 'account.', place: { org: '', project: '' } }]),
  ]
  for (const { prefix, place } of levels) {
    const row = await db
      .selectFrom('entities')
      .select('id')
      .where('kind', '=', kind)
      .where('org', '=', place.org)
      .where('project', '=', place.project)
      .where('identifier', '=', identifier)
      .executeTakeFirst()
    if (row !== undefined) return `There is one in ${describePlace(place)}: write "${prefix}${identifier}".`
  }
  return undefined
}

function placeAsFilter({ kind, org, project }: EntityReference): Place {
  return kind === 'organization' ? { org: '', project: '' } : { org, project }
}

function keyText({ kind, org, project, identifier }: EntityKey): string {
  return JSON.stringify([kind, org, project, identifier])
}
