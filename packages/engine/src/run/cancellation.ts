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

/** What calls that a cancel may end have to know. */
export interface CancelContext {
  readonly database: Database
  readonly clock: Clock
  readonly signal: AbortSignal | undefined
  readonly cancelWaitMs: number
}

/** Runs database calls that a cancel may end, until it is disposed of. */
export interface Cancellation extends Disposable {
  /**
   * Runs one database call. When the signal is aborted meanwhile, the statement is cancelled at the server (again and again, since a
   * request that arrives between two statements is lost) and its end is awaited: the call settles as the statement did. Throws
   * `StatementAbandoned` when it does not end in time.
   */
  run<T>(call: () => Promise<T>): Promise<T>
}

/** Listens to the signal once for all calls: to add a listener and to remove it costs as much as to send a small statement. */
export function openCancellation({ database, clock, signal, cancelWaitMs }: CancelContext): Cancellation {
  const running = new Set<() => void>()
  const onAbort = (): void => {
    for (const cancel of running) cancel()
  }
  signal?.addEventListener('abort', onAbort)
  return {
    run: async (call) => {
      if (signal === undefined) return call()
      if (signal.aborted) throw canceledError(signal.reason)
      return new Promise((resolve, reject) => {
        let finished: AbortController | undefined
        const cancel = (): void => {
          finished = new AbortController()
          cancelUntilFinished(database, clock, finished.signal, cancelWaitMs).catch(reject)
        }
        const finish = (): void => {
          running.delete(cancel)
          finished?.abort()
        }
        running.add(cancel)
        call().then(
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
    },
    [Symbol.dispose]: () => signal?.removeEventListener('abort', onAbort),
  }
}

/** One database call, for commands that make few of them. */
export async function runCancellable<T>(call: () => Promise<T>, context: CancelContext): Promise<T> {
  using cancellation = openCancellation(context)
  return await cancellation.run(call)
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
