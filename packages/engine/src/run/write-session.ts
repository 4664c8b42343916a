import { systemClock } from '@sluice/base'
import type { Clock } from '@sluice/base'
import type { Database } from '../database.ts'
import type { OnEngineEvent } from '../events.ts'
import type { TrackingOptions, WriteOptions } from '../options.ts'
import { acquireLock, releaseLock } from '../tracking/lock.ts'
import { createDetailTable, createHistoryTable, readTracking, upgradeHistoryTable } from '../tracking/tables.ts'
import type { Tracking } from '../tracking/tables.ts'
import { NewTables } from '../planning/new-tables.ts'
import { openCancellation } from './cancellation.ts'

const lockWaitMs = 300_000
const cancelWaitMs = 30_000
const toolVersionDefault = 'sluice 0.1.0'

/** Everything that a command which holds the lock works with. */
export interface WriteSession {
  readonly database: Database
  readonly tracking: Tracking
  readonly runId: string
  readonly deploymentId: string
  readonly toolVersion: string
  readonly clock: Clock
  readonly signal: AbortSignal | undefined
  readonly onEvent: OnEngineEvent | undefined
  /** A database call that a cancel may end. */
  readonly cancellable: <T>(call: () => Promise<T>) => Promise<T>
  /** What this run has created so far. */
  readonly newTables: NewTables
}

export interface WriteSessionInput {
  readonly database: Database
  readonly options: TrackingOptions & WriteOptions
  readonly clock?: Clock | undefined
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: OnEngineEvent | undefined
}

/**
 * Takes the lock, brings the tracking tables into being, runs the body and releases the lock whatever happened. Notices of the
 * server become events meanwhile.
 */
export async function withWriteSession<T>(input: WriteSessionInput, body: (session: WriteSession) => Promise<T>): Promise<T> {
  const { database, options, signal, onEvent } = input
  const clock = input.clock ?? systemClock
  const before = await readTracking(database, options)
  database.onNotice = ({ severity, message }) => onEvent?.({ type: 'notice', severity, message })
  try {
    const request = { runId: options.runId, host: options.host ?? 'unknown', waitMs: options.lockWaitMs ?? lockWaitMs }
    await limitStatements(database, options, onEvent)
    using cancellation = openCancellation({ database, clock, signal, cancelWaitMs: options.cancelWaitMs ?? cancelWaitMs })
    const held = await acquireLock(database, before, request, clock, onEvent, signal)
    try {
      const tracking = await ensureTables(database, options)
      return await body({
        database,
        tracking,
        runId: options.runId,
        deploymentId: String(clock.now()).slice(-10),
        toolVersion: (options.toolVersion ?? toolVersionDefault).slice(0, 20),
        clock,
        signal,
        onEvent,
        cancellable: (call) => cancellation.run(call),
        newTables: new NewTables(),
      })
    } finally {
      // A lock that cannot be released belongs to a session that is gone: the next run takes it over.
      await releaseLock(database, before, held).then(
        () => onEvent?.({ type: 'lockReleased' }),
        () => {},
      )
    }
  } finally {
    if (hasLimits(options) && database.transactionState !== 'closed') await database.setTimeouts({}).catch(() => {})
    database.onNotice = undefined
  }
}

function hasLimits({ lockTimeoutMs, statementTimeoutMs }: WriteOptions): boolean {
  return lockTimeoutMs !== undefined || statementTimeoutMs !== undefined
}

async function limitStatements(database: Database, options: WriteOptions, onEvent: OnEngineEvent | undefined): Promise<void> {
  if (!hasLimits(options)) return
  const { lockTimeoutMs, statementTimeoutMs } = options
  for (const limit of await database.setTimeouts({ lockTimeoutMs, statementTimeoutMs })) {
    const what = limit === 'lockTimeoutMs' ? 'a wait for locks' : 'the run of a statement'
    const message = `${database.dialect.name} cannot limit ${what}: that limit does not hold in this run.`
    onEvent?.({ type: 'warning', code: 'TIMEOUT_UNSUPPORTED', message })
  }
}

async function ensureTables(database: Database, options: TrackingOptions): Promise<Tracking> {
  const tracking = await readTracking(database, options)
  const { dialect } = database
  const statements: string[] = []
  if (tracking.history.columns === undefined) statements.push(createHistoryTable(dialect, tracking.history))
  if (tracking.detail.columns === undefined) statements.push(createDetailTable(dialect, tracking.detail))
  statements.push(...upgradeHistoryTable(dialect, tracking.history))
  if (statements.length === 0) return tracking
  try {
    await database.script(['BEGIN', ...statements, 'COMMIT'])
  } catch (error) {
    if (database.transactionState !== 'closed' && database.transactionState !== 'idle') await database.script(['ROLLBACK'])
    throw error
  }
  return readTracking(database, options)
}
