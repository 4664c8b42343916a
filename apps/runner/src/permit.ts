import { randomBytes } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Timings } from '@sluice/base'
import { HttpCallError } from '@sluice/client'
import { attemptEndpoints, type TaskSpec } from '@sluice/contract'
import type { AttemptApi } from './attempt-api.ts'

export interface PermitPlan {
  readonly stepRunId: string
  readonly targetKey: string
  readonly serverIdentity: string | undefined
  readonly planDigest: string
  readonly commit: string | undefined
  readonly changesetCount: number
}

interface PermitOptions {
  readonly api: AttemptApi
  readonly task: TaskSpec
  readonly bootId: string
  readonly timings: Timings
  readonly clock: Clock
  /** Aborts the wait: the step was cancelled. */
  readonly signal: AbortSignal
  readonly onWaiting: (what: string) => void
}

/**
 * Asks for the one permit that this step run can ever have, and waits while another step holds the target. The same nonce is repeated
 * after a lost reply, so a permit that was granted unseen is found again. Throws `AppError`: `TARGET_LOCKED` when the wait is over,
 * and whatever the server refuses with.
 */
export async function requestPermit(plan: PermitPlan, options: PermitOptions): Promise<void> {
  const { api, task, timings, clock, signal } = options
  const { stepRunId, ...facts } = plan
  const nonce = randomBytes(24).toString('base64url')
  const startedAt = clock.monotonic()
  for (;;) {
    try {
      await api.insist(
        attemptEndpoints.permit,
        {
          params: { attemptId: task.attemptId, stepRunId },
          body: { epoch: task.epoch, bootId: options.bootId, nonce, ...facts },
        },
        AbortSignal.any([signal, AbortSignal.timeout(timings.targetWaitMs)]),
      )
      return
    } catch (error) {
      if (!(error instanceof HttpCallError) || error.code !== 'TARGET_LOCKED') throw error
      const waitedMs = clock.monotonic() - startedAt
      if (waitedMs >= timings.targetWaitMs) throw error
      options.onWaiting(error.message)
      const retryAfterMs = Number(error.details['retryAfterMs'])
      await clock.sleep(
        Number.isFinite(retryAfterMs) ? Math.max(1, Math.min(retryAfterMs, timings.retryMaxMs)) : timings.retryBaseMs,
        signal,
      )
    }
  }
}

/**
 * The steps of this attempt that hold, or are asking for, a permit, in a file that the delegate reads: it never kills a runner that is
 * in it (decision 5 of the settled questions).
 */
export class PermitFile {
  readonly #path: string
  readonly #open = new Set<string>()

  constructor(attemptDir: string) {
    this.#path = join(attemptDir, 'permits.json')
  }

  add(stepRunId: string): void {
    this.#open.add(stepRunId)
    this.#write()
  }

  remove(stepRunId: string): void {
    if (this.#open.delete(stepRunId)) this.#write()
  }

  #write(): void {
    const next = `${this.#path}.next`
    writeFileSync(next, JSON.stringify({ open: [...this.#open] }), { mode: 0o600 })
    renameSync(next, this.#path)
  }
}
