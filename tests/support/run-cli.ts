import { spawnProcess } from '@sluice/testkit'
import { appEntry } from './app-entries.ts'
import type { Installation } from './installation.ts'

export interface CliRun {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  /** Both. */
  readonly output: string
  /** Standard output as the JSON that `--json` promises. Throws when it is none. */
  json<T = Record<string, unknown>>(): T
}

/** Runs `sluice ARGS…` as a process that is logged in to the installation, and waits for its end. */
export async function runCli(
  sluice: Pick<Installation, 'url' | 'adminKey' | 'dir'>,
  args: readonly string[],
  input?: string,
): Promise<CliRun> {
  await using started = spawnProcess({
    name: `sluice ${args.join(' ')}`,
    command: process.execPath,
    args: [appEntry('cli'), ...args],
    env: { SLUICE_URL: sluice.url, SLUICE_API_KEY: sluice.adminKey, SLUICE_CONFIG: `${sluice.dir}/cli.json`, NO_COLOR: '1' },
    input,
  })
  const { exitCode } = await started.exited
  const { stdout, stderr, output } = started
  return {
    exitCode,
    stdout,
    stderr,
    output,
    json() {
      try {
        return JSON.parse(stdout)
      } catch (cause) {
        throw new Error(`sluice ${args.join(' ')} did not print JSON (exit code ${String(exitCode)}):\n${output}`, { cause })
      }
    },
  }
}
