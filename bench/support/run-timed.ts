import { spawnSync } from 'node:child_process'
import { readCpuMs } from './process-facts.ts'

export interface TimedRun {
  readonly wallMs: number
  /** User and system time of the command and everything it started and waited for. */
  readonly cpuMs: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a command to its end with nothing else going on in this process, by a shell that takes the time: to fork a process as large as this one
 * takes ten milliseconds of its own. Throws, quoting it, when it fails.
 */
export function runTimed(
  command: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): TimedRun {
  const cpuBefore = readCpuMs('self')
  const result = spawnSync('bash', ['-c', 'TIMEFORMAT=%R; time "$0" "$@"', command, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...options.env, LC_NUMERIC: 'C' },
    cwd: options.cwd,
    maxBuffer: 64 * 1024 * 1024,
    timeout: 120_000,
  })
  if (result.status !== 0) {
    const output = `${result.stdout}\n${result.stderr}`.trim().slice(-3000)
    throw new Error(`${command} ${args.slice(0, 3).join(' ')} … failed (${String(result.status ?? result.signal)}):\n${output}`)
  }
  // What this process itself used meanwhile is next to nothing: it was blocked.
  const [, stderr = '', seconds = ''] = /^([^]*?)(\d+\.\d+)\n$/.exec(result.stderr) ?? []
  return { wallMs: Number(seconds) * 1000, cpuMs: readCpuMs('self') - cpuBefore, stdout: result.stdout, stderr }
}
