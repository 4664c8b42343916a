import { join } from 'node:path'
import type { Logger } from '@sluice/base'
import type { Masker } from '@sluice/masking'
import type { AttemptApi } from './attempt-api.ts'
import { createLogShipper, type LogShipper } from './log-shipper.ts'
import { LogSpool } from './log-spool.ts'
import type { RunnerConfig } from './runner-config.ts'
import { createStepLog, type StepLog } from './step-log.ts'
import type { Clock } from '@sluice/base'

interface OpenLog {
  readonly log: StepLog
  readonly spool: LogSpool
  readonly shipper: LogShipper
}

/** The logs of one attempt: each stream has a masker, a spool on disk and a shipper of its own. */
export class AttemptLogs {
  readonly #open: OpenLog[] = []
  readonly #config: RunnerConfig
  readonly #parts: {
    readonly api: AttemptApi
    /** The one to use for a stream that begins now. */
    readonly masker: () => Masker
    readonly clock: Clock
    readonly logger: Logger
    readonly life: AbortSignal
  }

  constructor(
    config: RunnerConfig,
    parts: { api: AttemptApi; masker: () => Masker; clock: Clock; logger: Logger; life: AbortSignal },
  ) {
    this.#config = config
    this.#parts = parts
  }

  /**
   * Opens the stream of a step run, or the attempt's own by the attempt's id. Secrets that are too short to be masked are said first. A stream that is
   * ended is sealed from then on, beside what else there is to do.
   */
  open(stream: string): StepLog {
    const { task, attemptDir, timings } = this.#config
    const { api, masker, clock, logger, life } = this.#parts
    const spool = new LogSpool(join(attemptDir, 'spool', stream), task.logBytesMax)
    const lines = createStepLog(spool, masker().stream(), clock)
    const shipper = createLogShipper({
      api,
      task,
      stream,
      spool,
      timings,
      clock,
      signal: life,
      onProblem: (error) =>
        logger.warn({ stream, error: error instanceof Error ? error.message : String(error) }, 'Log bytes are not stored yet'),
    })
    const log: StepLog = {
      ...lines,
      end() {
        lines.end()
        void shipper.finish()
      },
    }
    this.#open.push({ log, spool, shipper })
    for (const warning of masker().warnings) log.line(`Warning: ${warning.message}`)
    return log
  }

  /** Ends all streams and waits, within the bound for sealing, until the server has them whole. */
  async finish(): Promise<void> {
    const { clock, life } = this.#parts
    await Promise.all(
      this.#open.map(async ({ log, shipper }) => {
        log.end()
        await Promise.race([shipper.finish(), clock.sleep(this.#config.timings.logSealMs, life)])
      }),
    )
  }

  close(): void {
    for (const { spool } of this.#open) spool.close()
  }
}
