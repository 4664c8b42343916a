import { backoffMs, type Clock, type Logger, systemClock, type Timings } from '@sluice/base'
import pg from 'pg'
import type { Queryable } from './queryable.ts'
import { say } from './said-after-commit.ts'

/**
 * `sluice_task`: a fit key that has a queued task, or `instance:<id>` with a command. `sluice_attempt`: an attempt with news for its
 * runner. `sluice_execution`: an execution that changed, or `inbox:<id>` with an event to advance. `sluice_log`: a log stream that grew.
 */
export type Channel = 'sluice_task' | 'sluice_attempt' | 'sluice_execution' | 'sluice_log'

const channels: readonly Channel[] = ['sluice_task', 'sluice_attempt', 'sluice_execution', 'sluice_log']

/** `payload` is undefined after a reconnect: anything may have happened meanwhile, so look again. */
export type NotificationCallback = (payload: string | undefined) => void

export interface WaitOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** How often `check` runs without any notification. */
  readonly recheckMs?: number | undefined
}

/** What other processes say through PostgreSQL's NOTIFY. A hint only: the truth is in the tables, and waiters look again by themselves. */
export interface Notifications {
  start(): void
  stop(): Promise<void>
  /** Whether the listening connection is up. */
  readonly connected: boolean
  /** Calls back for one payload, or for all of a channel when `payload` is undefined. Returns what ends it. */
  subscribe(channel: Channel, payload: string | undefined, callback: NotificationCallback): () => void
  /**
   * Runs `check` now and after every notification until it gives something; undefined when the time is over or the signal fires. An
   * error of `check` is thrown.
   */
  waitFor<Result>(
    channel: Channel,
    payload: string,
    check: () => Promise<Result | undefined>,
    options: WaitOptions,
  ): Promise<Result | undefined>
}

export interface NotificationsOptions {
  readonly url: string
  readonly timings: Timings
  readonly logger: Logger
  readonly clock?: Clock | undefined
}

/** Says something on a channel, behind the commit of the transaction that the connection is in. Equal payloads of one are said once. */
export function notify(connection: Queryable, channel: Channel, ...payloads: readonly string[]): Promise<void> {
  return say(
    connection,
    payloads.map((payload) => [channel, payload]),
  )
}

const probeAnswerMs = 10_000

/** One LISTEN connection per process, reconnected for ever with growing waits. */
export function createNotifications(options: NotificationsOptions): Notifications {
  const { logger, timings } = options
  const clock = options.clock ?? systemClock
  const subscribers = new Map<Channel, Map<string | undefined, Set<NotificationCallback>>>(
    channels.map((channel) => [channel, new Map()]),
  )
  let connected = false
  let stopping: AbortController | undefined
  let running: Promise<void> | undefined

  const deliver = (channel: Channel, payload: string): void => {
    const byPayload = subscribers.get(channel)
    for (const key of [payload, undefined]) {
      for (const callback of byPayload?.get(key) ?? []) callback(payload)
    }
  }
  const deliverToAll = (): void => {
    for (const byPayload of subscribers.values()) {
      for (const callbacks of byPayload.values()) for (const callback of callbacks) callback(undefined)
    }
  }

  const run = async (signal: AbortSignal): Promise<void> => {
    for (let attempt = 0; !signal.aborted;) {
      try {
        await listen({
          url: options.url,
          probeEveryMs: timings.pollRecheckMs,
          signal,
          onNotification: deliver,
          onConnected(isUp) {
            connected = isUp
            if (isUp) deliverToAll()
          },
        })
        attempt = 0
      } catch (error) {
        logger.warn({ error: error instanceof Error ? error.message : String(error) }, 'listening for notifications failed')
      }
      if (signal.aborted) return
      await clock.sleep(backoffMs(attempt, timings.retryBaseMs, timings.pollRecheckMs), signal).catch(() => {})
      attempt += 1
    }
  }

  const subscribe: Notifications['subscribe'] = (channel, payload, callback) => {
    const byPayload = subscribers.get(channel) ?? new Map<string | undefined, Set<NotificationCallback>>()
    const callbacks = byPayload.get(payload) ?? new Set()
    callbacks.add(callback)
    byPayload.set(payload, callbacks)
    return () => {
      callbacks.delete(callback)
      if (callbacks.size === 0 && byPayload.get(payload) === callbacks) byPayload.delete(payload)
    }
  }

  return {
    start() {
      stopping ??= new AbortController()
      running ??= run(stopping.signal)
    },
    async stop() {
      stopping?.abort(new Error('stopping'))
      await running
    },
    get connected() {
      return connected
    },
    subscribe,
    waitFor: (channel, payload, check, waitOptions) =>
      waitForCheck(subscribe, clock, {
        ...waitOptions,
        channel,
        payload,
        check,
        recheckMs: waitOptions.recheckMs ?? timings.pollRecheckMs,
      }),
  }
}

async function waitForCheck<Result>(
  subscribe: Notifications['subscribe'],
  clock: Clock,
  options: {
    readonly channel: Channel
    readonly payload: string
    readonly check: () => Promise<Result | undefined>
    readonly timeoutMs: number
    readonly recheckMs: number
    readonly signal?: AbortSignal | undefined
  },
): Promise<Result | undefined> {
  const { check, signal } = options
  let wake: () => void = () => {}
  // Set by a notification that arrives while `check` runs, so that none is lost between two looks.
  let pending = false
  const unsubscribe = subscribe(options.channel, options.payload, () => {
    pending = true
    wake()
  })
  const onAbort = (): void => wake()
  signal?.addEventListener('abort', onAbort, { once: true })
  const deadline = clock.monotonic() + options.timeoutMs
  try {
    for (;;) {
      pending = false
      const result = await check()
      if (result !== undefined) return result
      const leftMs = deadline - clock.monotonic()
      if (leftMs <= 0 || signal?.aborted) return undefined
      if (pending) continue
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(leftMs, options.recheckMs))
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      wake = () => {}
      if (signal?.aborted) return undefined
    }
  } finally {
    unsubscribe()
    signal?.removeEventListener('abort', onAbort)
  }
}

interface ListenOptions {
  readonly url: string
  readonly probeEveryMs: number
  readonly signal: AbortSignal
  readonly onNotification: (channel: Channel, payload: string) => void
  readonly onConnected: (isUp: boolean) => void
}

/** Listens on one connection until it is lost or the signal fires. Throws when it cannot be opened. */
async function listen({ url, probeEveryMs, signal, onNotification, onConnected }: ListenOptions): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'sluice-listen',
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
  })
  let giveUp: () => void = () => {}
  const lost = new Promise<void>((resolve) => {
    giveUp = resolve
  })
  client.on('error', giveUp)
  client.on('end', giveUp)
  signal.addEventListener('abort', giveUp, { once: true })
  let probe: NodeJS.Timeout | undefined
  let overdue: NodeJS.Timeout | undefined
  try {
    await client.connect()
    client.on('notification', ({ channel, payload }) => onNotification(channel as Channel, payload ?? ''))
    await client.query(channels.map((channel) => `listen ${channel}`).join(';'))
    onConnected(true)
    // A half-dead connection delivers nothing and says nothing; a query now and then finds out.
    probe = setInterval(() => {
      if (overdue !== undefined) return
      overdue = setTimeout(giveUp, probeAnswerMs)
      const answered = (): void => {
        clearTimeout(overdue)
        overdue = undefined
      }
      client.query('select 1').then(answered, answered)
    }, probeEveryMs)
    await lost
  } finally {
    clearInterval(probe)
    clearTimeout(overdue)
    onConnected(false)
    signal.removeEventListener('abort', giveUp)
    // Not awaited: on a half-dead connection the good-bye never comes to an end.
    void client.end().catch(() => {})
  }
}
