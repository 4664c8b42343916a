import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readChildrenCpuMs, readPeakMegabytes } from './process-facts.ts'
import type { TimedRun } from './run-timed.ts'

export interface WatchedRun extends TimedRun {
  /** The most memory (VmHWM, megabytes of 10^6 bytes) that the largest process of the command had, as of some milliseconds before its end. */
  readonly peakMegabytes: number
}

const timeoutMs = 600_000
/** Short runs are looked at often: what their last moments add would be missed. */
const pollMs = { early: 8, late: 40, earlyUntil: 600 } as const

/** Runs a command to its end and looks at its memory meanwhile. Throws, quoting it, when it fails. */
export async function runWatched(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<WatchedRun> {
  const cpuBefore = readChildrenCpuMs()
  const startedAt = performance.now()
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  let peakMegabytes = 0
  let timer: NodeJS.Timeout | undefined
  const look = (): void => {
    for (const pid of familyOf(child.pid)) peakMegabytes = Math.max(peakMegabytes, readPeakMegabytes(pid))
    timer = setTimeout(look, performance.now() - startedAt < pollMs.earlyUntil ? pollMs.early : pollMs.late)
  }
  look()
  const { status, wallMs } = await new Promise<{ status: string; wallMs: number }>((resolve, reject) => {
    let endedAt = startedAt
    child.on('error', reject)
    child.on('exit', () => (endedAt = performance.now()))
    child.on('close', (code, signal) => resolve({ status: String(code ?? signal), wallMs: endedAt - startedAt }))
  }).finally(() => clearTimeout(timer))
  const [stdout, stderr] = [Buffer.concat(out).toString(), Buffer.concat(err).toString()]
  if (status !== '0') {
    const output = `${stdout}\n${stderr}`.trim().slice(-3000)
    throw new Error(`${command} ${args.slice(0, 3).join(' ')} … failed (${status}):\n${output}`)
  }
  return { wallMs, cpuMs: readChildrenCpuMs() - cpuBefore, peakMegabytes, stdout, stderr }
}

/** A process and all that it started: the shell script around a JVM, and the JVM. */
function familyOf(pid: number | undefined): readonly number[] {
  if (pid === undefined) return []
  try {
    const children = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
    return [pid, ...children.flatMap((child) => familyOf(Number(child)))]
  } catch {
    // It has ended between two looks.
    return []
  }
}
