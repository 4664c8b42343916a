import { createHash } from 'node:crypto'
import { AppError, systemClock } from '@sluice/base'
import type { Clock } from '@sluice/base'
import type { Database } from '../database.ts'
import type { OnEngineEvent } from '../events.ts'
import type { TrackingOptions, WriteOptions } from '../options.ts'
import { acquireLock, releaseLock } from '../tracking/lock.ts'
import { readTracking } from '../tracking/tables.ts'
import { runCancellable } from '../run/cancellation.ts'
import { objectId } from './model.ts'
import type { SnapshotObject, UncarriedObject } from './model.ts'
import { orderObjects } from './order.ts'
import { createTrackingTest, openCatalogueOf, snapshotDatabase } from './take-snapshot.ts'

/** Statements per transaction: a server keeps a lock per object until the end of one. */
const chunkLength = 100
const lockWaitMs = 300_000
const cancelWaitMs = 30_000

export interface DropAllOptions extends TrackingOptions, Omit<WriteOptions, 'beforeFirstWrite'> {
  /** Physical names; empty or undefined = the connection's default schema. The schemas themselves stay. */
  readonly schemas?: readonly string[] | undefined
  /** Keep history, lock and side table. Default false: they go last, as with Liquibase. */
  readonly keepTracking?: boolean | undefined
  /** Called once, before the lock is taken. It throws to prevent everything. */
  readonly beforeFirstWrite?: ((plan: DropAllPlan) => Promise<void>) | undefined
}

/** What drop-all would remove. */
export interface DropAllPlan {
  readonly kind: 'dropAll'
  readonly database: string
  readonly schemas: readonly string[]
  /** In the order in which they go. Parts of tables are not listed. */
  readonly objects: readonly SnapshotObject[]
  /** Kinds that drop-all does not know: they stay. */
  readonly staying: readonly UncarriedObject[]
  /** Objects of other schemas that use what would be dropped: drop-all refuses while there are any. */
  readonly outsideDependents: readonly string[]
  readonly digest: string
  readonly isEmpty: boolean
}

export interface PlanDropAllInput {
  readonly database: Database
  readonly options?: Pick<DropAllOptions, 'schemas' | 'keepTracking' | keyof TrackingOptions> | undefined
  readonly signal?: AbortSignal | undefined
}

export interface DropAllInput {
  readonly database: Database
  readonly options: DropAllOptions
  readonly signal?: AbortSignal | undefined
  readonly clock?: Clock | undefined
  readonly onEvent?: OnEngineEvent | undefined
  /** After each transaction. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

export interface DropAllReport {
  readonly state: 'succeeded'
  readonly dropped: number
  readonly staying: readonly UncarriedObject[]
  readonly durationMs: number
}

/** Lists everything that drop-all would remove. Nothing is written and no lock is taken. */
export async function planDropAll(input: PlanDropAllInput): Promise<DropAllPlan> {
  const { database, options = {}, signal } = input
  const snapshot = await snapshotDatabase({
    database,
    options: { schemas: options.schemas, grants: false, includeTracking: true },
    signal,
  })
  const catalogue = await openCatalogueOf(database)
  const isTracking = createTrackingTest(options)
  const wanted = snapshot.objects.filter(({ type }) => type !== 'schema' && type !== 'grant' && type !== 'eventTrigger')
  const order = orderObjects(wanted).steps.filter(({ phase }) => phase === 'create')
  const objects = order.map(({ object }) => object).reverse()
  const kept = options.keepTracking === true ? objects.filter((object) => !isTracking(object)) : objects
  // The tracking tables last: until then they say what the database is.
  const sorted = [...kept.filter((object) => !isTracking(object)), ...kept.filter(isTracking)].filter(
    (object) => catalogue.dropForcibly(object).length > 0,
  )
  const outsideDependents = await catalogue.findOutsideDependents(database, snapshot.schemas)
  return {
    kind: 'dropAll',
    database: snapshot.database,
    schemas: snapshot.schemas,
    objects: sorted,
    staying: snapshot.uncarried,
    outsideDependents,
    digest: createHash('sha256').update(sorted.map(objectId).join('\n')).digest('hex'),
    isEmpty: sorted.length === 0,
  }
}

/**
 * Drops everything in the schemas under the changelog lock, a hundred objects per transaction, tracking tables last. When it is
 * interrupted, what was dropped stays dropped, and running it again drops the rest.
 *
 * Throws `DROP_ALL_USED_OUTSIDE` when objects of other schemas would go too, `LOCK_WAIT_TIMEOUT`, what `beforeFirstWrite` throws, and
 * `DatabaseError`. An empty plan takes no lock.
 */
export async function dropAll(input: DropAllInput): Promise<DropAllReport> {
  const { database, options, signal, onEvent } = input
  const clock = input.clock ?? systemClock
  const started = clock.monotonic()
  const plan = await planDropAll(input)
  throwIfUsedOutside(plan)
  const finish = (dropped: number): DropAllReport => ({
    state: 'succeeded',
    dropped,
    staying: plan.staying,
    durationMs: Math.round(clock.monotonic() - started),
  })
  if (plan.isEmpty) return finish(0)
  await options.beforeFirstWrite?.(plan)
  const tracking = await readTracking(database, options)
  const request = { runId: options.runId, host: options.host ?? 'unknown', waitMs: options.lockWaitMs ?? lockWaitMs }
  const held = await acquireLock(database, tracking, request, clock, onEvent, signal)
  let lockTableIsGone = false
  try {
    // Somebody may have applied or dropped meanwhile; under the lock the catalogue is read again.
    const current = await planDropAll(input)
    throwIfUsedOutside(current)
    const catalogue = await openCatalogueOf(database)
    const cancellable = { database, clock, signal, cancelWaitMs: options.cancelWaitMs ?? cancelWaitMs }
    const restore = await catalogue.prepareDrop?.(database)
    try {
      for (let at = 0; at < current.objects.length; at += chunkLength) {
        const chunk = current.objects.slice(at, at + chunkLength)
        await runCancellable(
          () =>
            dropChunk(
              database,
              chunk.flatMap((object) => catalogue.dropForcibly(object)),
            ),
          cancellable,
        )
        lockTableIsGone ||= chunk.some(({ type, name }) => type === 'table' && name === tracking.lock.name)
        input.onProgress?.(at + chunk.length, current.objects.length)
      }
    } finally {
      if (database.transactionState === 'idle') await restore?.()
    }
    return finish(current.objects.length)
  } finally {
    if (database.transactionState !== 'closed') {
      await (lockTableIsGone ? database.releaseSessionLock(held.key) : releaseLock(database, tracking, held)).catch(() => {})
    }
  }
}

async function dropChunk(database: Database, statements: readonly string[]): Promise<void> {
  if (statements.length === 0) return
  if (!database.dialect.transactionalDdl) {
    for (const statement of statements) await database.execute(statement)
    return
  }
  try {
    await database.script(['BEGIN', ...statements, 'COMMIT'])
  } catch (error) {
    if (database.transactionState === 'active' || database.transactionState === 'failed') await database.script(['ROLLBACK'])
    throw error
  }
}

function throwIfUsedOutside({ outsideDependents }: DropAllPlan): void {
  if (outsideDependents.length === 0) return
  const shown = outsideDependents.slice(0, 10).join(', ')
  const more = outsideDependents.length > 10 ? ` and ${String(outsideDependents.length - 10)} more` : ''
  throw new AppError(
    'failedPrecondition',
    'DROP_ALL_USED_OUTSIDE',
    `Objects outside of the schemas to be dropped use what is in them: ${shown}${more}. Nothing was dropped.`,
    { hint: 'Drop those first, or name their schemas too.' },
  )
}
