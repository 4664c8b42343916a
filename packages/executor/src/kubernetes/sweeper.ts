import type { Clock } from '@sluice/base'
import type { KubernetesExecutorOptions } from './pod-registry.ts'
import { sweepAnchors } from './sweep-anchors.ts'

/** Sweeps now and then, one round at a time. */
export interface Sweeper {
  /** Sweeps if it is time. Throws nothing. */
  tend(): Promise<void>
  /** Resolves when no round is under way. */
  settled(): Promise<void>
}

export function createSweeper(options: KubernetesExecutorOptions, clock: Clock): Sweeper {
  const { namespaces, logger, permits } = options
  let sweptAt = Number.NEGATIVE_INFINITY
  let sweeping: Promise<void> | undefined

  const sweep = async (delegateId: string): Promise<void> => {
    const client = await options.client()
    const mayEnd = (attemptId: string): Promise<boolean> => permits.close(attemptId)
    await sweepAnchors({ client, namespaces, delegateId, slackMs: options.sweepSlackMs, mayEnd, logger })
  }

  return {
    async tend() {
      const owner = options.owner()
      if (owner === undefined || sweeping !== undefined || clock.monotonic() - sweptAt < options.sweepEveryMs) return
      sweptAt = clock.monotonic()
      sweeping = sweep(owner.delegateId)
        .catch((error: unknown) => {
          logger.warn({ error }, 'The cluster could not be swept; trying again.')
        })
        .finally(() => {
          sweeping = undefined
        })
      await sweeping
    },
    settled: async () => {
      await sweeping
    },
  }
}
