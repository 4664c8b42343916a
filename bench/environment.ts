import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { openBenchPostgres } from './support/bench-postgres.ts'
import { checkoutDir } from './support/peers.ts'

/** What the figures depend on and nobody can see from them. */
export async function readEnvironment(): Promise<string> {
  // Before we make load ourselves.
  const [load = 0] = loadavg()
  await using postgres = await openBenchPostgres()
  const liquibase = JSON.parse(readFileSync(`${checkoutDir}/node_modules/liquibase/package.json`, 'utf8')) as { version: string }
  return [
    `${String(availableParallelism())} cores (${cpus()[0]?.model.trim() ?? 'unknown'})`,
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB of memory`,
    `${type()} ${release()}`,
    `Node.js ${process.versions.node}`,
    `PostgreSQL ${postgres.version} with fsync`,
    `Liquibase CLI ${liquibase.version} (npm) on ${javaVersion()}`,
    `load before the run ${load.toFixed(1)}`,
    `commit ${git('rev-parse', '--short', 'HEAD')}`,
    new Date().toISOString().slice(0, 10),
  ].join(', ')
}

function javaVersion(): string {
  try {
    return `Java ${/version "([^"]+)"/.exec(execFileSync('sh', ['-c', 'java -version 2>&1'], { encoding: 'utf8' }))?.[1] ?? 'unknown'}`
  } catch {
    return 'no Java'
  }
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { cwd: checkoutDir, encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
