import { spawnSync } from 'node:child_process'
import { readCpuMs } from './process-facts.ts'

export interface TimedRun {
  readonly wallMs: number
  /** User and system time of the command and everything it started and waited for. */
  readonly cpuMs: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end with nothing else going on in this process. Throws, quoting it, when it fails. */
export function runTimed(
  command: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): TimedRun {
  const cpuBefore = readCpuMs('self')
  const startedAt = performance.now()
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    maxBuffer: 64 * 1024 * 1024,
    timeout: 120_000,
  })
  const wallMs = performance.now() - startedAt
  if (result.status !== 0) {
    const output = `${result.stdout}\n${result.stderr}`.trim().slice(-3000)
    throw new Error(`${command} ${args.slice(0, 3).join(' ')} … failed (${String(result.status ?? result.signal)}):\n${output}`)
  }
  // What this process itself used meanwhile is next to nothing: it was blocked.
  return { wallMs, cpuMs: readCpuMs('self') - cpuBefore, stdout: result.stdout, stderr: result.stderr }
}
