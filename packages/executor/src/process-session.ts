import { readdirSync } from 'node:fs'
import { type ProcessIdentity, isRunning, readProcess } from './process-identity.ts'

/**
 * Kills what a runner that has ended left running in its session (a git process, say). Does nothing while a process with the runner's
 * pid leads that session again, because that is somebody else's.
 */
export function killLeftovers(runner: ProcessIdentity): number {
  if (process.platform !== 'linux') return killGroup(runner)
  const leader = readProcess(runner.pid)
  if (leader !== undefined && leader.startTime !== runner.startTime) return 0
  let killed = 0
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    const facts = readProcess(pid)
    if (facts === undefined || facts.session !== runner.pid || facts.state === 'Z') continue
    // Whatever the runner started is younger than the runner.
    if (Number(facts.startTime) < Number(runner.startTime)) continue
    if (sendSignal(pid, 'SIGKILL')) killed++
  }
  return killed
}

/** Sends a signal; false when there is no such process any more. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/**
 * Stops a process for a moment, so that what was true when `decide` looked is still true when its answer is acted on. Resolves to what
 * `decide` said; the process goes on unless it was killed.
 */
export async function whileStopped<T>(identity: ProcessIdentity, decide: () => T): Promise<T> {
  if (!sendSignal(identity.pid, 'SIGSTOP')) return decide()
  try {
    // SIGSTOP is asynchronous: all threads have to have stopped before the answer counts.
    for (let look = 0; look < 200 && isRunning(identity); look++) {
      const state = readProcess(identity.pid)?.state
      if (state === 'T' || state === 't') break
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return decide()
  } finally {
    sendSignal(identity.pid, 'SIGCONT')
  }
}

function killGroup(runner: ProcessIdentity): number {
  if (isRunning(runner)) return 0
  return sendSignal(-runner.pid, 'SIGKILL') ? 1 : 0
}
