import { AppError } from '@sluice/base'
import type { Clock } from '@sluice/base'
import type { Database } from '../database.ts'

const repeatMs = 250

/** Thrown when a statement did not end after a cancel: whether it will take effect is unknown. */
export class StatementAbandoned extends AppError {
  constructor(waitedMs: number) {
    super('timeout', 'CANCEL_UNCONFIRMED', `The running statement did not end within ${waitedMs} ms after it was cancelled.`, {
      hint: 'Look at the database: its session may still be at work.',
    })
  }
}

export function canceledError(cause: unknown): AppError {
  return new AppError('canceled', 'CANCELED', 'The run was cancelled.', { cause })
}

/**
 * Runs one database call. When the signal is aborted meanwhile, the statement is cancelled at the server (again and again, since a
 * request that arrives between two statements is lost) and its end is awaited: the call settles as the statement did. Throws
 * `StatementAbandoned` when it does not end in time.
 */
export async function runCancellable<T>(
  run: () => Promise<T>,
  context: {
    readonly database: Database
    readonly clock: Clock
    readonly signal: AbortSignal | undefined
    readonly cancelWaitMs: number
  },
): Promise<T> {
  const { database, clock, signal, cancelWaitMs } = context
  if (signal === undefined) return run()
  if (signal.aborted) throw canceledError(signal.reason)
  return new Promise<T>((resolve, reject) => {
    // Made only when there is something to cancel: ending one costs more than sending a small statement does.
    let finished: AbortController | undefined
    const onAbort = (): void => {
      finished = new AbortController()
      cancelUntilFinished(database, clock, finished.signal, cancelWaitMs).catch(reject)
    }
    const finish = (): void => {
      finished?.abort()
      signal.removeEventListener('abort', onAbort)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    run().then(
      (value) => {
        finish()
        resolve(value)
      },
      (error: unknown) => {
        finish()
        reject(error)
      },
    )
  })
}

async function cancelUntilFinished(database: Database, clock: Clock, finished: AbortSignal, waitMs: number): Promise<void> {
  const started = clock.monotonic()
  while (!finished.aborted) {
    // A request that cannot be delivered is repeated like one that came too early.
    await database.cancelRunning().catch(() => {})
    const left = waitMs - (clock.monotonic() - started)
    if (left <= 0 && !finished.aborted) throw new StatementAbandoned(waitMs)
    await clock.sleep(Math.min(repeatMs, Math.max(1, left)), finished).catch(() => {})
  }
}
