import { setTimeout as delay } from 'node:timers/promises'

export interface WaitForOptions {
  /** Default 10,000. */
  readonly timeoutMs?: number | undefined
  /** Between two looks. Default 10. */
  readonly intervalMs?: number | undefined
  /** What is waited for, in the message of a failure. A function is asked at the end: it can show what is there instead. */
  readonly what?: string | (() => string) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Asks until the answer is truthy and returns it. A condition that throws counts as "not yet"; its last error is the cause of the
 * failure when time runs out.
 */
export async function waitFor<T>(condition: () => T | Promise<T>, options: WaitForOptions = {}): Promise<NonNullable<T>> {
  const { timeoutMs = 10_000, intervalMs = 10, signal } = options
  const deadline = performance.now() + timeoutMs
  for (;;) {
    signal?.throwIfAborted()
    let lastError: unknown
    try {
      const value = await condition()
      // False counts as "not yet", like null and undefined; NonNullable cannot say so.
      if (value) return value
    } catch (error) {
      lastError = error
    }
    if (performance.now() > deadline) {
      const what = typeof options.what === 'function' ? options.what() : (options.what ?? String(condition))
      throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}`, { cause: lastError })
    }
    await delay(intervalMs)
  }
}
