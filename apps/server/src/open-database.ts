import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, type Clock, type Logger } from '@sluice/base'
import { isDatabaseUnavailable, openStore, type Store } from '@sluice/store'
import type { ServerConfig } from './config.ts'

/** How long a server waits at its start for a database that does not answer yet. */
const waitMs = 60_000

export interface OpenedDatabase {
  readonly store: Store
  /** Closes the store and stops what was started for it. */
  close(): Promise<void>
}

/** Opens the control plane's database, the embedded one when the configuration names none, with its schema up to date. */
export async function openDatabase(config: ServerConfig, logger: Logger, clock: Clock): Promise<OpenedDatabase> {
  const embedded = config.databaseUrl === undefined ? await startEmbedded(config.dataDir, logger) : undefined
  const store = openStore({ url: config.databaseUrl ?? embedded?.url ?? '', logger })
  const close = async (): Promise<void> => {
    await store.close()
    await embedded?.stop()
  }
  try {
    await migrateWhenThere(store, logger, clock)
  } catch (error) {
    await close()
    throw error
  }
  return { store, close }
}

async function migrateWhenThere(store: Store, logger: Logger, clock: Clock): Promise<void> {
  const deadline = clock.monotonic() + waitMs
  for (;;) {
    try {
      await store.migrate()
      return
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error
      if (clock.monotonic() > deadline) {
        throw new AppError('unavailable', 'DATABASE_UNAVAILABLE', "The control plane's database does not answer.", {
          hint: 'Check SLUICE_DATABASE_URL and that PostgreSQL runs.',
          cause: error,
        })
      }
      logger.warn({ error }, 'the database does not answer yet')
      await clock.sleep(500)
    }
  }
}

async function startEmbedded(dataDir: string, logger: Logger) {
  const { openEmbeddedPostgres } = await import('@sluice/embedded-postgres')
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  return openEmbeddedPostgres({
    dataDir: join(dataDir, 'postgres'),
    user: 'sluice',
    password: await readOrMakePassword(join(dataDir, 'postgres-password')),
    database: 'sluice',
    logger,
    durability: 'full',
    lifetime: 'child',
    restart: true,
  })
}

async function readOrMakePassword(path: string): Promise<string> {
  try {
    await writeFile(path, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return (await readFile(path, 'utf8')).trim()
}
