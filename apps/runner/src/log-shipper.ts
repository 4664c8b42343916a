import { type Clock, limits, type Timings } from '@sluice/base'
import { HttpCallError } from '@sluice/client'
import { attemptEndpoints, type TaskSpec } from '@sluice/contract'
import { type AttemptApi, isFenced, isWorthRepeating } from './attempt-api.ts'
import type { LogSpool } from './log-spool.ts'

/** Sends a spool's bytes by offset until they are all there and sealed. */
export interface LogShipper {
  /** Ends the stream: sends the rest, seals it, and resolves when the server has confirmed length and hash (or wants no more of it). */
  finish(): Promise<void>
}

interface ShipperOptions {
  readonly api: AttemptApi
  readonly task: TaskSpec
  readonly stream: string
  readonly spool: LogSpool
  readonly timings: Timings
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onProblem: (error: unknown) => void
}

export function createLogShipper(options: ShipperOptions): LogShipper {
  const { api, task, stream, spool, timings, clock, signal } = options
  const params = { attemptId: task.attemptId, stream }
  const nap = { wake: new AbortController() }
  let sent = 0
  let ending = false
  let intervalMs = timings.logFlushMs

  const sendOnce = async (): Promise<void> => {
    const bytes = spool.read(sent, limits.logChunkBytesMax)
    if (bytes.length === 0) return
    try {
      const response = await api.client.raw(attemptEndpoints.appendLog, {
        params,
        query: { offset: sent, epoch: task.epoch },
        bytes,
        headers: { 'content-type': 'application/octet-stream' },
        signal,
      })
      const reply = attemptEndpoints.appendLog.reply.parse(await response.json())
      sent = reply.nextOffset
      intervalMs = reply.intervalMs
    } catch (error) {
      // The server's offset wins (416): it may have stored bytes whose acknowledgement was lost, or have lost unflushed ones.
      const nextOffset = error instanceof HttpCallError && error.status === 416 ? Number(error.details['nextOffset']) : Number.NaN
      if (!Number.isInteger(nextOffset) || nextOffset < 0 || nextOffset > spool.length) throw error
      sent = nextOffset
    }
  }

  const sealOnce = async (): Promise<boolean> => {
    try {
      await api.client.call(attemptEndpoints.sealLog, {
        params,
        body: { epoch: task.epoch, length: spool.length, sha256: spool.sha256, gaps: [...spool.gaps] },
        signal,
      })
      return true
    } catch (error) {
      const rewindTo =
        error instanceof HttpCallError && error.code === 'LOG_MISMATCH' ? Number(error.details['rewindTo']) : Number.NaN
      if (!Number.isInteger(rewindTo) || rewindTo < 0 || rewindTo > spool.length) throw error
      sent = rewindTo
      return false
    }
  }

  const run = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted;) {
      try {
        while (sent < spool.length) await sendOnce()
        failures = 0
        if (ending && (await sealOnce())) return
        if (ending) continue
      } catch (error) {
        options.onProblem(error)
        if (isFenced(error) || !isWorthRepeating(error)) return
        failures++
      }
      nap.wake = new AbortController()
      if (ending && failures === 0) continue
      const waitMs =
        failures === 0 ? intervalMs : Math.min(timings.retryMaxMs / 6, timings.retryBaseMs * 2 ** Math.min(failures, 10))
      await clock.sleep(waitMs, failures === 0 ? AbortSignal.any([signal, nap.wake.signal]) : signal).catch(() => {
        // Woken to finish, or ended: the loop's condition decides.
      })
    }
  }

  const done = run()
  return {
    async finish() {
      spool.end()
      ending = true
      nap.wake.abort()
      await done
    },
  }
}
