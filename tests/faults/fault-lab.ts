import { join } from 'node:path'
import { createToken, silentLogger } from '@sluice/base'
import { type EmbeddedPostgres, openEmbeddedPostgres } from '@sluice/embedded-postgres'
import { type FaultProxy, openFaultProxy, openTempDir } from '@sluice/testkit'
import pg from 'pg'
import { type Installation, openInstallation } from '../support/installation.ts'

/**
 * A whole Sluice whose every part can be killed: two PostgreSQL servers of its own (the control plane's and the targets'), server and delegate,
 * and a proxy between those two. Killed PostgreSQL servers come back by themselves; server and delegate are started again by the round.
 */
export interface FaultLab extends AsyncDisposable {
  readonly sluice: Installation
  readonly proxy: FaultProxy
  /** All durations are divided by this. */
  readonly timeScale: number
  readonly controlPostgres: EmbeddedPostgres
  readonly targetPostgres: EmbeddedPostgres
  /** Runs SQL in the targets' server, waiting for it to come back when it is down. */
  queryTarget(database: string, sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
}

/** Durations are divided by this: a lease of 60 s is one of 3 s. */
export const faultTimeScale = 20

export async function openFaultLab(seed: number, timeScale: number = faultTimeScale): Promise<FaultLab> {
  const temp = await openTempDir()
  const open = (name: string): Promise<EmbeddedPostgres> =>
    openEmbeddedPostgres({
      dataDir: join(temp.path, name),
      user: 'postgres',
      password: createToken(),
      logger: silentLogger,
      durability: 'off',
      lifetime: 'child',
      restart: true,
    })
  const [controlPostgres, targetPostgres] = await Promise.all([open('control'), open('targets')])
  const sluice = await openInstallation({ timeScale, databaseUrl: controlPostgres.url, env: { SLUICE_LOG_LEVEL: 'warn' } })
  const proxy = await openFaultProxy({ target: sluice.url, seed })
  return {
    sluice,
    proxy,
    timeScale,
    controlPostgres,
    targetPostgres,
    async queryTarget(database, sql, values = []) {
      const url = Object.assign(new URL(targetPostgres.url), { pathname: `/${database}` }).toString()
      for (let attempt = 0; ; attempt++) {
        const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
        client.on('error', () => {})
        try {
          await client.connect()
          return (await client.query<Record<string, unknown>>(sql, [...values])).rows
        } catch (error) {
          // 57P01-57P03: shutting down, crashed, starting; 08xxx and socket errors: not there.
          const code = (error as { code?: string }).code ?? ''
          if (attempt >= 100 || !(/^(57P0|08|ECONN|EPIPE)/.test(code) || code === '')) throw error
          await new Promise((resolve) => setTimeout(resolve, 100))
        } finally {
          await client.end().catch(() => {})
        }
      }
    },
    async [Symbol.asyncDispose]() {
      await proxy.close()
      await sluice[Symbol.asyncDispose]()
      await Promise.all([controlPostgres.stop(), targetPostgres.stop()])
      await temp[Symbol.asyncDispose]()
    },
  }
}
