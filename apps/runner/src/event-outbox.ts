import { type AttemptEvent, type TaskSpec, attemptEndpoints } from '@sluice/contract'
import { type AttemptApi, isFenced } from './attempt-api.ts'

/** Most events in one message, as the contract bounds it. */
const batchMax = 200
/** How long what nobody waits for may wait for company: a message costs the control plane a transaction, whatever is in it. */
const lingerMs = 50

/**
 * Whether a fact may wait: those along a step's way, which are shown and kept. What begins, waits or ends is told at once, and so is a plan: by
 * it the control plane looks at the database when this runner is lost.
 */
function isPatient(event: AttemptEvent): boolean {
  return (
    event.type === 'source.resolved' || event.type === 'changeset.finished' || (event.type === 'plan.ready' && event.total === 0)
  )
}

export interface EventOutbox {
  /** Queues a fact. Never waits, never throws. */
  send(event: AttemptEvent): void
  /** Resolves once everything queued before it was acknowledged, or the outbox gave up because the attempt is fenced. */
  flush(): Promise<void>
  readonly isFenced: boolean
}

/**
 * Facts on their way to the server: numbered from 1 without gaps, sent in order, one message at a time, repeated until acknowledged.
 * A repeated message carries the same numbers, so the server stores each fact once. Facts on the way of a step wait a moment for others.
 */
export function createEventOutbox(options: {
  readonly api: AttemptApi
  readonly task: TaskSpec
  readonly bootId: string
  readonly mask: (text: string) => string
  readonly signal: AbortSignal
  readonly onProblem: (error: unknown) => void
}): EventOutbox {
  const { api, task, bootId, signal } = options
  const queue: { seq: number; event: AttemptEvent }[] = []
  let nextSeq = 1
  let fenced = false
  let sending: Promise<void> | undefined
  let lingering: NodeJS.Timeout | undefined

  const drain = async (): Promise<void> => {
    while (queue.length > 0 && !fenced) {
      const batch = queue.slice(0, batchMax)
      try {
        await api.insist(
          attemptEndpoints.events,
          { params: { attemptId: task.attemptId }, body: { epoch: task.epoch, source: 'runner', bootId, events: batch } },
          signal,
        )
        queue.splice(0, batch.length)
      } catch (error) {
        options.onProblem(error)
        if (!isFenced(error)) throw error
        // Stored as evidence by the server, which wants no more of this attempt.
        fenced = true
      }
    }
  }

  const start = (): Promise<void> => {
    clearTimeout(lingering)
    lingering = undefined
    sending ??= drain().finally(() => {
      sending = undefined
    })
    return sending
  }

  return {
    send(event) {
      queue.push({ seq: nextSeq++, event: maskTexts(event, options.mask) as AttemptEvent })
      const startOrReport = (): void => {
        start().catch(() => {
          // Reported through onProblem; the next send or flush tries again.
        })
      }
      if (!isPatient(event)) startOrReport()
      else lingering ??= setTimeout(startOrReport, lingerMs)
    },
    async flush() {
      while (queue.length > 0 && !fenced) await start()
    },
    get isFenced() {
      return fenced
    },
  }
}

/** Every text of an event goes through the masker: error messages of databases and Git quote what they were given. */
function maskTexts(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === 'string') return mask(value)
  if (Array.isArray(value)) return value.map((item) => maskTexts(item, mask))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]: [string, unknown]) => [key, maskTexts(item, mask)]))
  }
  return value
}
