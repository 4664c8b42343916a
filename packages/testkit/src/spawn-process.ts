import { spawn } from 'node:child_process'
import { waitFor } from './wait-for.ts'

export interface SpawnProcessOptions {
  readonly command: string
  readonly args?: readonly string[] | undefined
  readonly cwd?: string | undefined
  /** Added to this process's environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Written to its standard input, which is then closed. */
  readonly input?: string | undefined
  /** How it is called in messages; the command when left out. */
  readonly name?: string | undefined
}

export interface ProcessExit {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
}

export interface SpawnedProcess extends AsyncDisposable {
  readonly pid: number
  /** Everything so far, at most the last 8 MiB of it. */
  readonly stdout: string
  readonly stderr: string
  /** Both, in the order of arrival. */
  readonly output: string
  readonly exited: Promise<ProcessExit>
  readonly isRunning: boolean
  /** Resolves with the match once the output has it; fails, quoting the output, at the end of time or of the process. */
  waitForOutput(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  /** Sends a signal (default SIGKILL) to the process alone and waits for its end. */
  kill(signal?: NodeJS.Signals): Promise<ProcessExit>
  /** The same for the process and everything it started that stayed in its group. */
  killGroup(signal?: NodeJS.Signals): Promise<ProcessExit>
}

const outputCharactersMax = 8 * 1024 * 1024

/** Starts a program in a process group of its own and keeps what it prints. The end of the scope kills the group (SIGKILL). */
export function spawnProcess(options: SpawnProcessOptions): SpawnedProcess {
  const name = options.name ?? options.command
  const child = spawn(options.command, options.args ?? [], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
    detached: true,
  })
  const texts = { stdout: '', stderr: '', output: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8')
    child[stream].on('data', (chunk: string) => {
      texts[stream] = (texts[stream] + chunk).slice(-outputCharactersMax)
      texts.output = (texts.output + chunk).slice(-outputCharactersMax)
    })
  }
  // The program may end without reading its input.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')

  let exit: ProcessExit | undefined
  const exited = new Promise<ProcessExit>((resolve, reject) => {
    child.once('error', reject)
    // "close" comes after the last output; but a grandchild may hold the pipes open for ever, so "exit" ends the wait a little later.
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }))
    child.once('exit', (exitCode, signal) => {
      exit = { exitCode, signal }
      setTimeout(() => resolve({ exitCode, signal }), 200).unref()
    })
  })
  exited.catch(() => {})

  const send = async (pid: number, signal: NodeJS.Signals): Promise<ProcessExit> => {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
    return await exited
  }

  const { pid } = child
  return {
    get pid() {
      return pid ?? 0
    },
    get stdout() {
      return texts.stdout
    },
    get stderr() {
      return texts.stderr
    },
    get output() {
      return texts.output
    },
    get isRunning() {
      return pid !== undefined && exit === undefined
    },
    exited,
    waitForOutput: async (pattern, timeoutMs = 20_000) => {
      const quote = (): string => `${name} to print ${String(pattern)}; it printed:\n${texts.output.slice(-4000)}`
      const look = (): RegExpExecArray | null => pattern.exec(texts.output)
      const found = await waitFor(
        async () => look() ?? (exit === undefined ? undefined : await exited.then(() => look() ?? 'ended')),
        {
          timeoutMs,
          what: quote,
        },
      )
      if (typeof found === 'string') throw new Error(`Waited in vain for ${quote()}\nIt ended with ${JSON.stringify(exit)}.`)
      return found
    },
    kill: (signal = 'SIGKILL') => send(pid ?? 0, signal),
    killGroup: (signal = 'SIGKILL') => send(-(pid ?? 0), signal),
    [Symbol.asyncDispose]: async () => {
      if (pid === undefined) return
      await send(-pid, 'SIGKILL')
    },
  }
}
