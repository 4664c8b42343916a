import { HttpCallError } from '@sluice/client'
import { protocolEndpoints } from '@sluice/contract'
import { isDraining } from '../drain-state.ts'
import { retryDelayMs } from '../retry.ts'
import { version } from '../version.ts'
import type { LoopOptions } from './poll-loop.ts'

/** One heartbeat: says what is here, and does what the answer asks for. Resolves to the time until the next. */
export async function sendHeartbeat(options: LoopOptions): Promise<number> {
  const { session, attempts, waiting, metrics, logger, signal, drain } = options
  const startedAt = waiting.clock.monotonic()
  const listed = attempts.list()
  const reply = await session.call(protocolEndpoints.heartbeat, {
    body: {
      bootId: options.bootId,
      version,
      free: attempts.free,
      draining: isDraining(drain),
      attempts: listed,
    },
    signal,
  })
  metrics.set('last_heartbeat_rtt_seconds', (waiting.clock.monotonic() - startedAt) / 1000)
  options.onConnected(true)
  if (reply.drain !== drain.byServer) {
    drain.byServer = reply.drain
    logger.info(
      { drain: reply.drain },
      reply.drain ? 'The control plane drains this delegate: it takes no more work.' : 'This delegate takes work again.',
    )
  }
  for (const { attemptId, verdict, cancel, permitOpen } of reply.attempts) {
    // "Fenced" is only said when none is open, and neither a fenced attempt nor a cancelled one is granted another.
    if (verdict === 'fenced') attempts.notePermits(attemptId, { noneWillFollow: true, open: false })
    else attempts.notePermits(attemptId, { noneWillFollow: cancel !== undefined, open: permitOpen })
    if (verdict === 'fenced') attempts.discard(attemptId)
    else if (cancel !== undefined) attempts.cancel(attemptId, cancel)
  }
  return reply.heartbeatMs
}

/** Heartbeats until the signal says stop, on their own so that a held poll delays none. */
export async function runHeartbeatLoop(options: LoopOptions): Promise<void> {
  const { session, waiting, logger, metrics, signal } = options
  const { clock, timings } = waiting
  let failures = 0
  while (!signal.aborted) {
    let waitMs: number
    try {
      const askedMs = await sendHeartbeat(options)
      failures = 0
      // The server's word, within reason: never a flood, never so seldom that a lease ends.
      waitMs = Math.min(Math.max(askedMs, timings.heartbeatMs / 10), timings.leaseMs / 2)
    } catch (error) {
      if (signal.aborted) return
      options.onConnected(false)
      metrics.add('call_failures_total', { loop: 'heartbeat' })
      failures++
      logger.debug({ error, failures }, 'A heartbeat failed; trying again.')
      const delayMs = retryDelayMs(failures, error, waiting)
      const isRefused = error instanceof HttpCallError && session.standing !== 'ok'
      waitMs = isRefused ? timings.retryMaxMs : Math.min(delayMs, timings.heartbeatMs)
    }
    await clock.sleep(waitMs, signal).catch(() => {})
  }
}
