import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@sluice/base'
import { type ProcessIdentity, identifyProcess, isRunning, makeFolder } from '@sluice/executor'

/** Paths inside a delegate's data folder (docs/delegate.md describes it). */
export function dataPaths(dir: string): {
  identity: string
  relayKey: string
  attempts: string
  journal: string
  health: string
  lock: string
  cache: string
} {
  return {
    identity: join(dir, 'identity.json'),
    relayKey: join(dir, 'relay-key.pem'),
    attempts: join(dir, 'attempts'),
    journal: join(dir, 'journal'),
    health: join(dir, 'health.json'),
    lock: join(dir, 'delegate.lock'),
    cache: join(dir, 'cache'),
  }
}

/**
 * Takes the data folder for this process; the result gives it back. A lock whose process is dead is taken over. Throws
 * `AppError('conflict', 'DATA_FOLDER_IN_USE')` while another delegate uses the folder.
 */
export async function lockDataFolder(dir: string): Promise<() => void> {
  await makeFolder(dir)
  const { lock } = dataPaths(dir)
  const own = identifyProcess(process.pid)
  const draft = `${lock}.${process.pid}`
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 })
  try {
    for (let round = 0; round < 10; round++) {
      try {
        // A hard link appears whole or not at all, and fails where the name is taken.
        linkSync(draft, lock)
        return () => {
          if (readHolder(lock)?.pid === process.pid) rmSync(lock, { force: true })
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = readHolder(lock)
      if (holder !== undefined && isRunning(holder)) throw inUse(dir, holder.pid)
      dropStale(lock, holder)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  throw inUse(dir, undefined)
}

/** Moves a dead holder's lock away, unless it turns out that somebody else has replaced it meanwhile. */
function dropStale(lock: string, stale: ProcessIdentity | undefined): void {
  const aside = `${lock}.stale-${process.pid}`
  try {
    renameSync(lock, aside)
  } catch {
    return
  }
  const taken = readHolder(aside)
  if (taken !== undefined && (taken.pid !== stale?.pid || taken.startTime !== stale.startTime) && isRunning(taken)) {
    try {
      linkSync(aside, lock)
    } catch {
      // A third process took the free name; the one whose lock this was finds out when it gives it back.
    }
  }
  rmSync(aside, { force: true })
}

function readHolder(lock: string): ProcessIdentity | undefined {
  try {
    const holder = JSON.parse(readFileSync(lock, 'utf8')) as ProcessIdentity
    return typeof holder.pid === 'number' ? holder : undefined
  } catch {
    return undefined
  }
}

function inUse(dir: string, pid: number | undefined): AppError {
  const who = pid === undefined ? 'Another delegate' : `Another delegate (process ${pid})`
  return new AppError('conflict', 'DATA_FOLDER_IN_USE', `${who} uses the folder "${dir}".`, {
    hint: 'Stop it first, or give this one a folder of its own with SLUICE_DELEGATE_DIR.',
  })
}
