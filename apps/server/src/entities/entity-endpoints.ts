import { AppError } from '@sluice/base'
import { type EntityKind, type EntityView, entityEndpoints, entityKinds, type IssueView } from '@sluice/contract'
import {
  type Db,
  deleteEntity,
  type EntityKey,
  type EntityRow,
  getEntity,
  insertEntity,
  listEntities,
  lockEntity,
  replaceEntity,
  writeAudit,
} from '@sluice/store'
import { type Caller, canRead, canWrite, describePlace, type Place } from '../access/caller.ts'
import { listedPlace, requireListedPlace } from '../access/require-listed-place.ts'
import type { App } from '../app-context.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'
import { checkVersion, requireIfMatch, setEtag } from '../http/etag.ts'
import { notFound } from '../http/http-error.ts'
import { type Call, inputInvalid, registerEndpoint } from '../http/register-endpoint.ts'
import { checkReferences, refuseWhileReferred } from './check-references.ts'
import { kindNames, placeOf, positionOf } from './entity-place.ts'
import { toEntityView, toEntityViews } from './entity-view.ts'
import { checkImmutable, prepareEntity } from './prepare-entity.ts'

type Body = Record<string, unknown>

/** Create, read, update, delete and list for every kind of entity. */
export function registerEntityEndpoints(app: App): void {
  for (const kind of Object.keys(entityKinds) as EntityKind[]) registerKind(app, kind)
}

function registerKind(app: App, kind: EntityKind): void {
  const { store } = app.context
  const endpoints = entityEndpoints[kind]

  registerEndpoint(app, endpoints.list, async ({ query, caller }) => {
    const after = decodeCursor(query.cursor, 3)
    const [tagKey, ...tagValue] = query.tag?.split(':') ?? []
    const within = listedPlace(query)
    const rows = await listEntities(
      store.db,
      {
        kind,
        within,
        visibleTo: caller.scope,
        search: query.search,
        tag: tagKey === undefined ? undefined : { key: tagKey, value: tagValue.length === 0 ? undefined : tagValue.join(':') },
        fields: {
          ...(query.type === undefined ? {} : { type: query.type }),
          ...(query.dbSchema === undefined ? {} : { dbSchema: query.dbSchema }),
        },
      },
      {
        limit: query.limit + 1,
        after: after && { org: after[0] ?? '', project: after[1] ?? '', identifier: after[2] ?? '' },
      },
    )
    if (rows.length === 0) await requireListedPlace(store.db, caller, within)
    const views = await toEntityViews(store.db, kind, rows.slice(0, query.limit), 'list')
    return toPage(rows, query.limit, (row) => [row.org, row.project, row.identifier], views)
  })

  registerEndpoint(app, endpoints.get, async ({ params, query, caller, reply }) => {
    const key = { kind, ...placeOf(kind, query), identifier: params.identifier }
    const row = requireVisible(caller, key, await getEntity(store.db, key))
    setEtag(reply, row.version)
    return toEntityView(store.db, kind, row)
  })

  registerEndpoint(app, endpoints.create, async ({ body, caller, reply, requestId }) => {
    const input = body as Body
    const place = placeOf(kind, input)
    const { write, issues } = prepareEntity(kind, place, input)
    checkWritable(caller, write)
    const row = await store.db.transaction().execute(async (trx) => {
      refuse([...issues, ...(await checkReferences(trx, write.references))])
      const created = await insertEntity(trx, write)
      await writeAudit(trx, { actor: caller.name, action: `${kind}.create`, subject: write.identifier, ...place, requestId })
      return created
    })
    return answer(store.db, kind, row, reply)
  })

  registerEndpoint(app, endpoints.update, async ({ params, query, body, caller, request, reply, requestId }) => {
    const input = body as Body
    const place = updatePlace(kind, query, request.body as Body, input)
    const { write, issues } = prepareEntity(kind, place, { ...input })
    const key = { kind, ...place, identifier: params.identifier }
    const all: IssueView[] = [...issues]
    if (write.identifier !== params.identifier) {
      all.push({
        path: ['identifier'],
        code: 'FIELD_IMMUTABLE',
        message: `The body has the identifier "${write.identifier}", the address "${params.identifier}".`,
        hint: 'An identifier cannot change: create another one instead.',
      })
    }
    const row = await store.db.transaction().execute(async (trx) => {
      const stored = requireVisible(caller, key, await lockEntity(trx, key))
      checkWritable(caller, key)
      checkVersion(requireIfMatch(request), stored.version, `${kindNames[kind]} "${key.identifier}"`)
      refuse([...all, ...checkImmutable(kind, stored, write), ...(await checkReferences(trx, write.references))])
      const replaced = await replaceEntity(trx, stored.id, write)
      const details = { version: replaced.version }
      await writeAudit(trx, {
        actor: caller.name,
        action: `${kind}.update`,
        subject: key.identifier,
        ...place,
        requestId,
        details,
      })
      return replaced
    })
    return answer(store.db, kind, row, reply)
  })

  registerEndpoint(app, endpoints.remove, async ({ params, query, caller, request, requestId }) => {
    const key = { kind, ...placeOf(kind, query), identifier: params.identifier }
    await store.db.transaction().execute(async (trx) => {
      const stored = requireVisible(caller, key, await lockEntity(trx, key))
      checkWritable(caller, key)
      checkVersion(requireIfMatch(request), stored.version, `${kindNames[kind]} "${key.identifier}"`)
      await refuseWhileReferred(trx, key)
      await deleteEntity(trx, stored.id)
      const { org, project } = key
      await writeAudit(trx, { actor: caller.name, action: `${kind}.delete`, subject: key.identifier, org, project, requestId })
    })
    return {}
  })
}

/** The row, if it is there and the caller may know of it. */
export function requireVisible(caller: Caller, key: EntityKey, row: EntityRow | undefined): EntityRow {
  if (row === undefined || !canRead(caller, positionOf(key))) {
    const where = key.org === '' ? '' : ` It was looked for in ${describePlace(key)}.`
    throw notFound(kindNames[key.kind as EntityKind], key.identifier, `List what there is first.${where}`)
  }
  return row
}

/** Throws `forbidden` when an entity lies outside of what the caller's key may change. */
export function checkWritable(caller: Caller, key: EntityKey): void {
  // An organization is made in the account, a project in its organization: a key that reaches only the new place cannot exist yet,
  // but one for the place itself may change it.
  if (canWrite(caller, positionOf(key))) return
  throw new AppError(
    'forbidden',
    'SCOPE_REFUSED',
    `"${caller.name}" may change things in ${describePlace(caller.scope)}, not in ${describePlace(positionOf(key))}.`,
    { hint: 'Use an API key whose scope contains it.' },
  )
}

function refuse(issues: readonly IssueView[]): void {
  if (issues.length > 0) throw inputInvalid(issues, 'ENTITY_INVALID')
}

async function answer(db: Db, kind: EntityKind, row: EntityRow, reply: Call<never>['reply']): Promise<EntityView> {
  setEtag(reply, row.version)
  return toEntityView(db, kind, row)
}

/** The place of an update: what the body says, or the query where the body says nothing; both must agree. */
function updatePlace(kind: EntityKind, query: Body, written: Body, body: Body): Place {
  const says = (fields: Body): boolean => fields['orgIdentifier'] !== undefined || fields['projectIdentifier'] !== undefined
  if (!says(query)) return placeOf(kind, body)
  const fromQuery = placeOf(kind, query)
  if (!says(written)) return fromQuery
  const fromBody = placeOf(kind, body)
  if (fromBody.org === fromQuery.org && fromBody.project === fromQuery.project) return fromBody
  throw inputInvalid([
    {
      path: ['orgIdentifier'],
      code: 'FIELD_IMMUTABLE',
      message: `The body is for ${describePlace(fromBody)}, the address for ${describePlace(fromQuery)}.`,
      hint: 'An entity cannot move: create it in the other place and delete it here.',
    },
  ])
}
