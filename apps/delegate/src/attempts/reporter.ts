import type { Logger } from '@sluice/base'
import { HttpCallError } from '@sluice/client'
import { type AttemptEvent, protocolEndpoints } from '@sluice/contract'
import { type Waiting, isWorthRepeating, retryDelayMs } from '../retry.ts'
import type { Session } from '../session.ts'

/** Sends one attempt's placement facts, in order, until the control plane has them. */
export interface Reporter {
  /** Queues a fact; `persist` has put it on disk before this resolves. */
  report(event: AttemptEvent): Promise<void>
  /** Resolves when nothing is left to send: everything was acknowledged, or the control plane does not want it. */
  settled(): Promise<void>
  /** Forgets what was not sent: nobody wants it. */
  drop(): void
}

export interface ReporterOptions {
  readonly attemptId: string
  readonly epoch: number
  readonly bootId: string
  readonly attemptToken: () => string | undefined
  /** Left from before a restart. They are numbered anew: the boot id is another. */
  readonly pending: readonly AttemptEvent[]
  readonly persist: (pending: readonly AttemptEvent[]) => Promise<void>
  readonly session: Session
  readonly waiting: Waiting
  readonly logger: Logger
  /** Ends the sending; what is left stays on disk for the next start. */
  readonly signal: AbortSignal
}

const eventsPerCall = 100

export function createReporter(options: ReporterOptions): Reporter {
  const { attemptId, epoch, bootId, session, waiting, logger, signal } = options
  // Numbers follow the order of reporting, per boot id, without gaps.
  let nextSeq = 1
  let pending = options.pending.map((event) => ({ seq: nextSeq++, event }))
  let idle: PromiseWithResolvers<void> | undefined
  let sending = false

  const send = async (): Promise<number> => {
    const input = {
      params: { attemptId },
      body: { epoch, source: 'delegate' as const, bootId, events: pending.slice(0, eventsPerCall) },
      signal,
    }
    const attemptToken = options.attemptToken()
    const { lastSeq } =
      session.standing === 'revoked' && attemptToken !== undefined
        ? await session.callAs(attemptToken, protocolEndpoints.events, input)
        : await session.call(protocolEndpoints.events, input)
    return lastSeq
  }

  const persist = (): Promise<void> =>
    options.persist(pending.map(({ event }) => event)).catch((error: unknown) => {
      logger.error({ attemptId, error }, 'The journal cannot be written.')
    })

  const sendAll = async (): Promise<void> => {
    for (let failures = 0; pending.length > 0 && !signal.aborted;) {
      try {
        const lastSeq = await send()
        failures = 0
        pending = pending.filter(({ seq }) => seq > lastSeq)
        await persist()
      } catch (error) {
        if (signal.aborted) return
        if (isFinal(error)) {
          logger.warn(
            { attemptId, error, events: pending.map(({ event }) => event.type) },
            'The control plane does not take these reports.',
          )
          pending = []
          await persist()
          return
        }
        failures++
        logger.debug({ attemptId, error, failures }, 'A report was not taken; trying again.')
        await waiting.clock.sleep(retryDelayMs(failures, error, waiting), signal).catch(() => {})
      }
    }
  }

  const wake = (): void => {
    if (sending) return
    sending = true
    void sendAll().finally(() => {
      sending = false
      if (pending.length === 0) idle?.resolve()
      else if (!signal.aborted) wake()
    })
  }

  if (pending.length > 0) wake()
  return {
    async report(event) {
      pending.push({ seq: nextSeq++, event })
      await persist()
      wake()
    },
    settled() {
      if (pending.length === 0 && !sending) return Promise.resolve()
      idle ??= Promise.withResolvers()
      return idle.promise
    },
    drop() {
      pending = []
      void persist()
    },
  }
}

/** Answers that no repeat changes: the attempt is another's or unknown, or the report itself is wrong. */
function isFinal(error: unknown): boolean {
  return (
    error instanceof HttpCallError &&
    !isWorthRepeating(error) &&
    error.status !== 401 &&
    error.status !== 403 &&
    error.status !== 426
  )
}
