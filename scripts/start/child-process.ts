import { spawn, type ChildProcess } from 'node:child_process'
import { openSync } from 'node:fs'
import { AppError } from '@sluice/base'

/** One of Sluice's processes, running in the background with its output in a file. */
export interface BackgroundProcess {
  readonly name: string
  readonly logPath: string
  /** Resolves when it has ended. */
  readonly ended: Promise<void>
  readonly hasEnded: boolean
  /** SIGTERM, and SIGKILL when that takes longer than 15 s. */
  stop(): Promise<void>
}

const stopMs = 15_000

export function startInBackground(name: string, entry: string, env: NodeJS.ProcessEnv, logPath: string): BackgroundProcess {
  const log = openSync(logPath, 'a', 0o600)
  // A group of its own: Ctrl-C at the terminal reaches this script only, which then stops everything in order.
  const child = spawn(process.execPath, [entry], { env, stdio: ['ignore', log, log], detached: true })
  let hasEnded = false
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      hasEnded = true
      resolve()
    }
    child.once('exit', end)
    child.once('error', end)
  })
  return {
    name,
    logPath,
    ended,
    get hasEnded() {
      return hasEnded
    },
    async stop() {
      if (hasEnded) return
      child.kill('SIGTERM')
      const force = setTimeout(() => child.kill('SIGKILL'), stopMs)
      await ended
      clearTimeout(force)
    },
  }
}

/** Runs a command to its end and returns its standard output. Throws `AppError` with its error output when it fails. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string; readonly input?: string | Uint8Array } = {},
): Promise<string> {
  const child: ChildProcess = spawn(command, args, {
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
  // A child that ends without reading its input is reported by its exit code.
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.input ?? '')
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) {
    throw new AppError(
      'failedPrecondition',
      'COMMAND_FAILED',
      `${[command, ...args].join(' ').slice(0, 200)} failed:\n${Buffer.concat(err).toString('utf8').trim()}`,
    )
  }
  return Buffer.concat(out).toString('utf8')
}
