/**
 * Every duration that the parts of Sluice agree on, in milliseconds, as one value: tests pass `scaleTimings(defaultTimings, 20)`
 * and the whole system runs twenty times faster with the same proportions.
 */
export interface Timings {
  /** How long the server holds a poll that has nothing to deliver. Below common 30 s proxy limits. */
  readonly pollHoldMs: number
  /** How often waiting polls look again even without a NOTIFY. */
  readonly pollRecheckMs: number
  /** How long an offer stands before another delegate may have it. */
  readonly offerMs: number
  /** How often a delegate sends a heartbeat. */
  readonly heartbeatMs: number
  /** How long a delegate instance and its attempts count as alive after a heartbeat. */
  readonly leaseMs: number
  /** How long after its own start (or a stall) the server judges no lease. */
  readonly leaseGraceMs: number
  /** Life of a delegate's access token. */
  readonly accessTokenMs: number
  /** How long a task waits for a delegate. */
  readonly queueTimeoutMs: number
  /** How long a declined pair of task and delegate stays apart. */
  readonly declineMs: number
  /** How long a step waits for its target's lock. */
  readonly targetWaitMs: number
  /** For how long a step tries again to reach a database or a Git host that does not answer. */
  readonly connectRetryMs: number
  /** Between cancel and the escalation to an interrupt of the running statement. */
  readonly cancelInterruptMs: number
  /** Between cancel and the moment a step without confirmed end is called Unknown. */
  readonly cancelForceMs: number
  /** How long log bytes may wait in the runner while nobody watches. */
  readonly logFlushMs: number
  /** The same while somebody watches. */
  readonly logFlushWatchedMs: number
  /** How long a finished attempt may take to seal its logs before it is cleaned up. */
  readonly logSealMs: number
  /** Slack after an attempt's not-after before a sweeper removes what it left. */
  readonly sweepSlackMs: number
  /** How long after an attempt's not-after its runner keeps outcomes that nobody has taken before it gives up. */
  readonly reportLingerMs: number
  /** How often background loops (sweeper, lease judge, due timers) look. */
  readonly sweepEveryMs: number
  /** First and longest wait between retries of a call. */
  readonly retryBaseMs: number
  readonly retryMaxMs: number
  /** Longest random wait before a delegate reconnects after losing its server. */
  readonly reconnectJitterMs: number
}

export const defaultTimings: Timings = {
  pollHoldMs: 25_000,
  pollRecheckMs: 5_000,
  offerMs: 10_000,
  heartbeatMs: 10_000,
  leaseMs: 60_000,
  leaseGraceMs: 90_000,
  accessTokenMs: 600_000,
  queueTimeoutMs: 600_000,
  declineMs: 60_000,
  targetWaitMs: 600_000,
  connectRetryMs: 60_000,
  cancelInterruptMs: 60_000,
  cancelForceMs: 120_000,
  logFlushMs: 1_000,
  logFlushWatchedMs: 250,
  logSealMs: 120_000,
  sweepSlackMs: 600_000,
  reportLingerMs: 86_400_000,
  sweepEveryMs: 5_000,
  retryBaseMs: 200,
  retryMaxMs: 30_000,
  reconnectJitterMs: 30_000,
}

/** All durations divided by `factor`, each at least 1 ms. */
export function scaleTimings(timings: Timings, factor: number): Timings {
  return Object.fromEntries(
    Object.entries(timings).map(([name, ms]: [string, number]) => [name, Math.max(1, Math.round(ms / factor))]),
  ) as unknown as Timings
}

/** The timings of a process: the defaults, divided by `SLUICE_TIME_SCALE` where a test sets it (1 to 1000). */
export function timingsFromScale(scale: string | undefined): Timings {
  const factor = Number(scale ?? '1')
  return Number.isFinite(factor) && factor >= 1 && factor <= 1000 ? scaleTimings(defaultTimings, factor) : defaultTimings
}
