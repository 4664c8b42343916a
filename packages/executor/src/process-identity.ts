import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** What tells one process from every other, pid reuse and reboots included. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in the platform's own form: clock ticks since boot on Linux, a date elsewhere. */
  readonly startTime: string
  /** The machine's boot, where the platform names it. */
  readonly machineBoot: string
}

/** Field numbers of /proc/<pid>/stat behind the command name, counted from its closing bracket (proc_pid_stat(5)). */
const stateField = 0
const sessionField = 3
const startTimeField = 19

/** One process as the system shows it. `state` is one letter of /proc/<pid>/stat. */
export interface ProcessFacts {
  readonly state: string
  readonly session: number
  readonly startTime: string
}

/** The facts of a process, or undefined when there is none with this pid. */
export function readProcess(pid: number): ProcessFacts | undefined {
  if (process.platform !== 'linux') return readProcessPortably(pid)
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command name may hold spaces and brackets, so counting starts behind its last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return {
      state: fields[stateField] ?? 'X',
      session: Number(fields[sessionField]),
      startTime: fields[startTimeField] ?? '',
    }
  } catch {
    return undefined
  }
}

/** The identity of a living process, or undefined when it is gone already. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const facts = readProcess(pid)
  return facts === undefined ? undefined : { pid, startTime: facts.startTime, machineBoot: machineBoot() }
}

/** Whether exactly this process still runs. One that ended and was not waited for (a zombie) does not run. */
export function isRunning(identity: ProcessIdentity): boolean {
  if (identity.machineBoot !== machineBoot()) return false
  const facts = readProcess(identity.pid)
  return facts !== undefined && facts.startTime === identity.startTime && facts.state !== 'Z' && facts.state !== 'X'
}

let bootText: string | undefined

/** An id of the machine's boot; empty where the platform has none. */
export function machineBoot(): string {
  if (bootText === undefined) {
    try {
      bootText = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    } catch {
      bootText = ''
    }
  }
  return bootText
}

function readProcessPortably(pid: number): ProcessFacts | undefined {
  try {
    // macOS: no /proc. `sess` is not a pid there, and a session leader's process group is what it started.
    const text = execFileSync('ps', ['-o', 'stat=,pgid=,lstart=', '-p', String(pid)], {
      encoding: 'latin1',
      timeout: 5000,
    }).trim()
    const match = /^(\S)\S*\s+(\d+)\s+(.+)$/.exec(text)
    return match === null ? undefined : { state: match[1] ?? 'X', session: Number(match[2]), startTime: match[3] ?? '' }
  } catch {
    return undefined
  }
}
