import { AppError, parseDatabaseUrl } from '@sluice/base'
import type { Database } from '@sluice/engine'
import type { OpenOptions } from './postgres/options.ts'

/**
 * Opens one connection to whatever database the URL is for. The driver is loaded here, so that what is not used costs nothing.
 * Throws `AppError` as `openPostgres` does, and `DATABASE_URL_ENGINE` for a database without a driver.
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const { url, diagnostics } =
    typeof options.url === 'string' ? parseDatabaseUrl(options.url) : { url: options.url, diagnostics: [] }
  const problem = diagnostics[0]
  if (url === undefined) {
    throw new AppError(
      'invalid',
      problem?.code ?? 'DATABASE_URL_INVALID',
      problem?.message ?? 'The database URL cannot be read.',
      {
        ...(problem?.hint === undefined ? {} : { hint: problem.hint }),
      },
    )
  }
  if (url.engine !== 'postgresql') {
    throw new AppError('failedPrecondition', 'DATABASE_ENGINE_UNSUPPORTED', `There is no driver for ${url.engine} yet.`, {
      hint: 'PostgreSQL is supported; other databases run through their original command line.',
    })
  }
  const { openPostgres } = await import('./postgres/open.ts')
  return openPostgres({ ...options, url })
}
