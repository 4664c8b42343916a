import {
  entityBatchEndpoint,
  entityEndpoints,
  type EntityKind,
  entityKinds,
  type EntityView,
  type IssueView,
} from '@sluice/contract'
import { insertEntity, lockEntity, replaceEntity, type Trx, writeAudit } from '@sluice/store'
import type { Role } from '@sluice/store'
import type { Caller } from '../access/caller.ts'
import type { App } from '../app-context.ts'
import { checkVersion } from '../http/etag.ts'
import { checkInput } from '../http/input-issues.ts'
import { checkModule, inputInvalid, registerEndpoint, requireRole } from '../http/register-endpoint.ts'
import { checkReferences } from './check-references.ts'
import { checkWritable, requireVisible } from './entity-endpoints.ts'
import { kindNames, placeOf } from './entity-place.ts'
import { toEntityView } from './entity-view.ts'
import { checkImmutable, prepareEntity } from './prepare-entity.ts'

/** A whole repository of entities, its pipelines included. */
const bodyBytesMax = 32 * 1024 * 1024

interface Item {
  readonly kind: EntityKind
  readonly value: Readonly<Record<string, unknown>>
  readonly version?: number | undefined
}

/** Ends the transaction of a dry run: everything was fine, and nothing of it stays. */
class DryRunEnd extends Error {
  readonly views: readonly EntityView[]
  constructor(views: readonly EntityView[]) {
    super('dry run')
    this.views = views
  }
}

/** Creates and updates many entities in one transaction. */
export function registerEntityBatch(app: App): void {
  const { store } = app.context
  registerEndpoint(
    app,
    entityBatchEndpoint,
    async ({ body, caller, requestId }) => {
      for (const kind of new Set(body.entities.map((item) => item.kind))) {
        requireRole(caller, entityEndpoints[kind].create.access as Role, `Writing a ${kindNames[kind]}`)
        if (entityKinds[kind].module) await checkModule(app.context)
      }
      try {
        const entities = await store.db.transaction().execute(async (trx) => {
          const views = await writeAll(trx, body.entities, caller, requestId)
          if (body.dryRun === true) throw new DryRunEnd(views)
          return views
        })
        return { entities }
      } catch (thrown) {
        if (thrown instanceof DryRunEnd) return { entities: [...thrown.views] }
        throw thrown
      }
    },
    { bodyBytesMax },
  )
}

/**
 * Writes what is referred to before what refers to it, and of one kind always in the same order, so that two callers never wait for each
 * other's rows; the answers stand in the order of the items. Throws with the problems of all.
 */
async function writeAll(trx: Trx, items: readonly Item[], caller: Caller, requestId: string): Promise<EntityView[]> {
  const kinds = Object.keys(entityKinds)
  const rankOf = ({ kind, value }: Item): string =>
    `${String(kinds.indexOf(kind)).padStart(3, '0')}${keyText({ kind, ...placeOf(kind, value), identifier: String(value['identifier']) })}`
  const ranks = items.map(rankOf)
  const order = [...items.keys()].toSorted((left, right) => ((ranks[left] ?? '') < (ranks[right] ?? '') ? -1 : 1))
  const views: EntityView[] = []
  const issues: IssueView[] = []
  const refused = new Set<string>()
  for (const index of order) {
    const item = items[index]
    if (item === undefined) continue
    const written = await writeOne(trx, item, caller, { requestId, refused })
    if ('view' in written) views[index] = written.view
    else issues.push(...written.issues.map((issue) => ({ ...issue, path: ['entities', index, ...(issue.path ?? [])] })))
  }
  if (issues.length > 0) throw inputInvalid(issues, 'ENTITY_INVALID')
  return views
}

async function writeOne(
  trx: Trx,
  { kind, value, version }: Item,
  caller: Caller,
  { requestId, refused }: { readonly requestId: string; readonly refused: Set<string> },
): Promise<{ readonly view: EntityView } | { readonly issues: readonly IssueView[] }> {
  const checked = checkInput('body', entityKinds[kind].schema, value)
  if (checked.issues.length > 0) {
    refused.add(keyText({ kind, ...placeOf(kind, value), identifier: String(value['identifier']) }))
    return { issues: checked.issues }
  }
  const input = checked.value as Record<string, unknown>
  const { write, issues } = prepareEntity(kind, placeOf(kind, input), input)
  const { org, project, identifier } = write
  const key = { kind, org, project, identifier }
  checkWritable(caller, key)
  const found = await lockEntity(trx, key)
  const stored = version === undefined ? undefined : requireVisible(caller, key, found)
  if (stored !== undefined && version !== undefined) checkVersion(version, stored.version, `${kindNames[kind]} "${identifier}"`)
  const all = [
    ...issues,
    ...(stored === undefined ? [] : checkImmutable(kind, stored, write)),
    // What refers to something of this list that has problems of its own is told of those only.
    ...(await checkReferences(
      trx,
      write.references.filter((reference) => !refused.has(keyText(reference))),
    )),
  ]
  if (all.length > 0) {
    if (found === undefined) refused.add(keyText(key))
    return { issues: all }
  }
  if (write.references.some((reference) => refused.has(keyText(reference)))) {
    if (found === undefined) refused.add(keyText(key))
    return { issues: [] }
  }
  const row = stored === undefined ? await insertEntity(trx, write) : await replaceEntity(trx, stored.id, write)
  const action = `${kind}.${stored === undefined ? 'create' : 'update'}`
  await writeAudit(trx, {
    actor: caller.name,
    action,
    subject: identifier,
    org,
    project,
    requestId,
    details: { version: row.version },
  })
  return { view: await toEntityView(trx, kind, row) }
}

function keyText(key: {
  readonly kind: string
  readonly org: string
  readonly project: string
  readonly identifier: string
}): string {
  return JSON.stringify([key.kind, key.org, key.project, key.identifier])
}
