import { AppError, parseDatabaseUrl } from '@sluice/base'
import type { DatabaseEngine } from '@sluice/base'
import type { Database } from '@sluice/engine'
import { openPostgres } from './postgres/open.ts'
import type { OpenOptions } from './postgres/options.ts'

/**
 * Loads the driver for a URL, for a caller that waits for something else first. A failure is left to `openDatabase`, which loads it anyway.
 */
export function loadDriver(engine: DatabaseEngine): void {
  if (engine === 'sqlite') return
  const loading = engine === 'postgresql' ? import('pg') : import('mysql2')
  loading.catch(() => {})
}

/**
 * Opens one connection to whatever database the URL is for. Drivers are loaded when they are used, so that the others cost nothing.
 * Throws `AppError` as `openPostgres`, `openMysql` and `openSqlite` do.
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
  switch (url.engine) {
    case 'postgresql':
      return openPostgres({ ...options, url })
    case 'mysql':
    case 'mariadb': {
      const { openMysql } = await import('./mysql/open.ts')
      return openMysql({ ...options, url })
    }
    case 'sqlite': {
      const { openSqlite } = await import('./sqlite/open.ts')
      return openSqlite({ ...options, url })
    }
  }
}
