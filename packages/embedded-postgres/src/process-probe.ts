import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** Whether a process exists and is more than a zombie that nobody has waited for (containers often have no reaper). */
export function isProcessRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  if (process.platform !== 'linux') return true
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name stands in parentheses and may itself hold some; the state follows the last one (proc_pid_stat(5)).
    return stat.charAt(stat.lastIndexOf(')') + 2) !== 'Z'
  } catch {
    // Gone between the two looks.
    return false
  }
}

/** Whether `pid` is a PostgreSQL process that works in this cluster folder: process ids are used again, folders are not. */
export function isPostgresOf(pid: number, clusterDir: string): boolean {
  if (!isProcessRunning(pid)) return false
  try {
    if (process.platform === 'linux') return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(clusterDir)
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(clusterDir)
  } catch {
    // No right to look (another user's process) or gone: not ours to touch.
    return false
  }
}

/** Polls until the process is gone; false when it still runs after `timeoutMs`. */
export async function waitForEnd(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  for (let waitMs = 2; isProcessRunning(pid); waitMs = Math.min(waitMs * 2, 50)) {
    if (performance.now() > deadline) return false
    await delay(waitMs)
  }
  return true
}
