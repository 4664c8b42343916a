import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { AppError, createToken } from '@sluice/base'
import { isProcessRunning } from '@sluice/embedded-postgres'

/** One folder per checkout and user; refused when it is somebody else's, since its server obeys whoever may write there. */
export function openSharedFolder(): string {
  const root = resolve(import.meta.dirname, '../../..')
  const uid = process.getuid?.() ?? 0
  const dir = join(tmpdir(), `sluice-test-${uid}-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`)
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const stat = lstatSync(dir)
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o077) !== 0) {
    throw new AppError(
      'failedPrecondition',
      'TEST_FOLDER_FOREIGN',
      `The folder "${dir}" of the test server is not this user's alone.`,
      {
        hint: 'Remove it, and find out who made it.',
      },
    )
  }
  return dir
}

/** The password in a file, made by whoever comes first. */
export function readPassword(path: string): string {
  try {
    writeFileSync(path, createToken(), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(path, 'utf8')
}

/** Signals a process and waits for its end, at most `waitMs`. Runs while our process exits, so it does not need the event loop. */
export function stopNow(pid: number, signal: 'SIGINT' | 'SIGTERM', waitMs: number): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended before us.
    return
  }
  const deadline = performance.now() + waitMs
  const cell = new Int32Array(new SharedArrayBuffer(4))
  while (isProcessRunning(pid) && performance.now() < deadline) Atomics.wait(cell, 0, 0, 5)
}
