import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requireOrSkip } from '@sluice/testkit'
import { containerPlace, type StepContainerPlace } from '../scripts/container-process.ts'

export const entryScript = fileURLToPath(new URL('../../entry/entry.sh', import.meta.url))
const busybox = '/bin/busybox'

/** Why tests of the entry script are skipped here, if they are. */
export const skipWithoutBusybox = requireOrSkip('a static busybox at /bin/busybox', existsSync(busybox))

/** The entry script under a real busybox, with its volumes in a folder: a step container without a cluster. */
export interface TestContainer {
  readonly place: StepContainerPlace
  readonly folder: string
  readonly child: ChildProcess
  /** The exit code of the entry script, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>
}

export function openTestContainer(
  scope: { after(work: () => Promise<void> | void): void },
  options: { readonly asPid1?: boolean; readonly environment?: Readonly<Record<string, string>> } = {},
): TestContainer {
  const temporary = mkdtempSync(join(tmpdir(), 'sluice-container-'))
  const folder = join(temporary, 'c1')
  for (const name of ['bin', 'ctl', 'secrets', 'workspace']) mkdirSync(join(folder, name), { recursive: true, mode: 0o2770 })
  copyFileSync(busybox, join(folder, 'bin', 'busybox'))
  const args = [join(folder, 'bin', 'busybox'), 'sh', entryScript, 'c1', folder]
  const [program = '', ...rest] =
    options.asPid1 === true ? ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', ...args] : args
  const child = spawn(program, rest, {
    stdio: ['ignore', 'inherit', 'ignore'],
    detached: true,
    env: { PATH: process.env['PATH'] ?? '', ...options.environment },
  })
  const ended = new Promise<number | string>((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal ?? '')))
  scope.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
    rmSync(temporary, { recursive: true, force: true })
  })
  return { place: containerPlace(temporary, 'c1', folder), folder, child, ended }
}
