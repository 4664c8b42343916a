import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { runTimed, type TimedRun } from './run-timed.ts'
import type { BenchDatabase } from './bench-postgres.ts'

export const checkoutDir = resolve(import.meta.dirname, '../..')

/** The bundle of a program, as it ships. */
export function bundle(program: 'server' | 'delegate' | 'runner' | 'cli'): string {
  return join(checkoutDir, 'dist', `${program}.js`)
}

const liquibase = join(checkoutDir, 'node_modules/liquibase/dist/liquibase/liquibase')

/** Throws unless the peer can be run here: a comparison without it would be none. */
export function requireLiquibase(): void {
  if (!existsSync(liquibase) || spawnSync('java', ['-version'], { stdio: 'ignore' }).status !== 0)
    throw new Error('This benchmark compares with the Liquibase CLI: it needs the installed development dependencies and a Java.')
}

/** What makes short runs of a JVM faster than its defaults do; Liquibase ships without it. */
export const fastStartJava = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto'

/** One `liquibase update`, as a user's script would call it. */
export function runLiquibaseUpdate(options: {
  readonly database: BenchDatabase
  readonly folder: string
  readonly changelog: string
  readonly contexts?: string | undefined
  readonly javaOptions?: string | undefined
}): TimedRun {
  const { database, folder, changelog, contexts, javaOptions = '' } = options
  return runTimed(
    liquibase,
    [
      `--search-path=${folder}`,
      `--changelog-file=${changelog}`,
      `--url=${database.jdbcUrl}`,
      `--username=${database.user}`,
      'update',
      ...(contexts === undefined ? [] : [`--contexts=${contexts}`]),
    ],
    { env: { LIQUIBASE_COMMAND_PASSWORD: database.password, LIQUIBASE_ANALYTICS_ENABLED: 'false', JAVA_OPTS: javaOptions } },
  )
}

/** One `sluice db` command on the bundle. */
export function runSluiceDb(
  command: 'apply' | 'status',
  options: {
    readonly database: BenchDatabase
    readonly folder: string
    readonly changelog: string
    readonly contexts?: string | undefined
  },
): TimedRun {
  const { database, folder, changelog, contexts } = options
  return runTimed(
    process.execPath,
    [
      bundle('cli'),
      ...['db', command, '--url', database.jdbcUrl, '--user', database.user],
      ...['--search-path', folder, '--changelog', changelog],
      ...(contexts === undefined ? [] : ['--contexts', contexts]),
    ],
    { env: { SLUICE_DB_PASSWORD: database.password } },
  )
}
