import type { Database } from '@sluice/engine'
import { retryWhileUnavailable, type RetryOptions } from './retry-while-unavailable.ts'

/**
 * Opens a database, again and again for up to `connectRetryMs` while nobody answers or the server has no room: a connection changes nothing.
 *
 * Throws the last failure, or the signal's reason.
 */
export async function connectDatabase(open: () => Promise<Database>, options: RetryOptions): Promise<Database> {
  return retryWhileUnavailable(open, options)
}
