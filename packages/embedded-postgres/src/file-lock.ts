import { readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '@sluice/base'

export interface FileLockOptions {
  /** `shared` locks go together; an `exclusive` one stands alone. Default `exclusive`. */
  readonly mode?: 'exclusive' | 'shared' | undefined
  /** How long to wait for others to let go. Default 0: fail at once. */
  readonly waitMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface FileLock extends Disposable {
  release(): void
}

/**
 * Holds a lock on a file until it is released or this process ends, SIGKILL included. Works between processes and within one.
 *
 * The lock is the operating system's, taken through an empty SQLite database: Node has no flock of its own, and lock files that
 * are merely created leave it to guesswork whose they are after a crash.
 *
 * @throws AppError `FILE_LOCK_HELD` (conflict), with the holder's process id where it is known.
 */
export async function openFileLock(path: string, options: FileLockOptions = {}): Promise<FileLock> {
  const mode = options.mode ?? 'exclusive'
  const deadline = performance.now() + (options.waitMs ?? 0)
  for (;;) {
    options.signal?.throwIfAborted()
    const lock = tryFileLock(path, mode)
    if (lock !== undefined) return lock
    if (performance.now() >= deadline) {
      throw new AppError('conflict', 'FILE_LOCK_HELD', `"${path}" is locked by ${holderOf(path)}.`, {
        hint: 'Stop the other process, or wait until it has finished.',
      })
    }
    await delay(20 + Math.random() * 30)
  }
}

/** Takes a lock as `openFileLock` does, at once or not at all; usable while a process exits. */
export function tryFileLock(path: string, mode: 'exclusive' | 'shared' = 'exclusive'): FileLock | undefined {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    // A shared lock is taken by the first read of a transaction, not by BEGIN (https://sqlite.org/lockingv3.html).
    database.exec(mode === 'exclusive' ? 'begin exclusive' : 'begin; select 1 from sqlite_schema')
  } catch (error) {
    database.close()
    // SQLITE_BUSY
    if ((error as { errcode?: number }).errcode === 5) return undefined
    throw new AppError('internal', 'FILE_LOCK_FAILED', `The lock "${path}" cannot be taken.`, { cause: error })
  }
  if (mode === 'exclusive') writeFileSync(`${path}.holder`, `${process.pid}\n`)
  const release = (): void => {
    if (database.isOpen) database.close()
  }
  return { release, [Symbol.dispose]: release }
}

function holderOf(path: string): string {
  try {
    const pid = readFileSync(`${path}.holder`, 'latin1').trim()
    return /^\d+$/.test(pid) ? `process ${pid}` : 'another process'
  } catch {
    // Locked a moment ago, or shared: the number is a courtesy.
    return 'another process'
  }
}
