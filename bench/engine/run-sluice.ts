import { bundle } from '../support/peers.ts'
import { runWatched, type WatchedRun } from '../support/run-watched.ts'
import type { EngineChangelog } from './changelogs.ts'
import type { EngineDatabase } from './engine-target.ts'

/** One `sluice db` command on the bundle. */
export function runSluice(
  command: 'apply' | 'preview',
  { jdbcUrl, user, password }: EngineDatabase,
  { folder, name }: EngineChangelog,
): Promise<WatchedRun> {
  return runWatched(
    process.execPath,
    [
      bundle('cli'),
      ...['db', command, '--url', jdbcUrl, '--search-path', folder, '--changelog', name],
      ...(user === undefined ? [] : ['--user', user]),
    ],
    password === undefined ? {} : { SLUICE_DB_PASSWORD: password },
  )
}
