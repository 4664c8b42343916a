import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { checkoutDir } from '../support/peers.ts'
import { runWatched, type WatchedRun } from '../support/run-watched.ts'
import type { EngineChangelog } from './changelogs.ts'
import type { EngineDatabase } from './engine-target.ts'

const shippedHome = join(checkoutDir, 'node_modules/liquibase/dist/liquibase')

/** Liquibase on one product, as it ships and at its best tuning. */
export interface LiquibasePeer {
  run(
    tuning: 'shipped' | 'tuned',
    command: 'update' | 'update-sql',
    database: EngineDatabase,
    changelog: EngineChangelog,
  ): Promise<WatchedRun>
}

/** The flags that make runs of seconds fastest: one quick compiler, the smallest collector, classes from an archive made beforehand. */
export const tunedJava = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:SharedArchiveFile=…'
const fastJava = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'

/**
 * Gets the tuned side ready in `folder`: a run on `database`, which is spoilt by it, leaves an archive of all classes that such a run
 * loads (Java's application class-data sharing, `java -XX:ArchiveClassesAtExit`).
 */
export async function openLiquibasePeer(
  folder: string,
  product: string,
  database: EngineDatabase,
  changelog: EngineChangelog,
): Promise<LiquibasePeer> {
  const home = product === 'sqlite' ? addLogging(folder) : shippedHome
  const archive = join(folder, 'liquibase.jsa')
  const run = (
    javaOptions: string,
    command: string,
    { jdbcUrl, user, password }: EngineDatabase,
    { folder: searchPath, name }: EngineChangelog,
  ): Promise<WatchedRun> =>
    runWatched(
      join(shippedHome, 'liquibase'),
      [
        ...['--show-banner=false', `--search-path=${searchPath}`, `--changelog-file=${name}`, `--url=${jdbcUrl}`],
        ...(user === undefined ? [] : [`--username=${user}`]),
        command,
      ],
      {
        LIQUIBASE_HOME: home,
        LIQUIBASE_ANALYTICS_ENABLED: 'false',
        JAVA_OPTS: javaOptions,
        ...(password === undefined ? {} : { LIQUIBASE_COMMAND_PASSWORD: password }),
      },
    )
  await run(`${fastJava} -Xlog:disable -XX:ArchiveClassesAtExit=${archive}`, 'update', database, changelog)
  return {
    run: (tuning, command, on, what) =>
      run(tuning === 'shipped' ? '' : `${fastJava} -XX:SharedArchiveFile=${archive}`, command, on, what),
  }
}

/** The package lacks the logging interface that its SQLite driver is linked against: a home beside it with one that logs nothing. */
function addLogging(folder: string): string {
  const home = join(folder, 'liquibase-home')
  const classes = join(folder, 'slf4j')
  mkdirSync(join(home, 'lib'), { recursive: true })
  mkdirSync(classes)
  symlinkSync(join(shippedHome, 'internal'), join(home, 'internal'))
  const sources = globSync(join(checkoutDir, 'tests/conformance/oracle/java/org/slf4j/*.java'))
  for (const [command, ...args] of [
    ['javac', '-nowarn', '-d', classes, ...sources],
    ['jar', 'cf', join(home, 'lib/slf4j-silent.jar'), '-C', classes, '.'],
  ] as const) {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${command} failed (this benchmark needs a JDK):\n${stderr}`)
  }
  return home
}
