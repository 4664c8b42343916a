import type { SmallTransaction } from '@sluice/engine'

/** What gives transactions one after the other. */
export function stretchOf(...transactions: readonly SmallTransaction[]): () => SmallTransaction | undefined {
  const left = [...transactions]
  return () => left.shift()
}
