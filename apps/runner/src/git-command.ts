import { spawn } from 'node:child_process'
import { AppError } from '@sluice/base'
import { isGitUnreachable } from './is-git-unreachable.ts'

/** Most output of one Git command that is kept, in bytes: enough for messages and listings, a bound against floods. */
const outputMax = 8 * 1024 * 1024

/** No hooks, no helpers; and, as a checkout goes away with its attempt, no tidying up behind a fetch and no waiting for the disk. */
const settings = [
  'core.hooksPath=/dev/null',
  'credential.helper=',
  'gc.auto=0',
  'maintenance.auto=false',
  'core.fsync=none',
  'safe.directory=*',
]

export interface GitCredentials {
  readonly username: string | undefined
  readonly password: string | undefined
  /** Path of a private key file in memory-backed storage. */
  readonly sshKeyFile: string | undefined
}

export interface GitOptions {
  readonly cwd: string
  /** Transports Git may use for this source: derived from the URL that the delegate's policy has allowed. */
  readonly protocols: readonly string[]
  /** An executable script that prints what stands in descriptor 3 (user name) or 4 (password). */
  readonly askpassScript: string
  readonly credentials: GitCredentials
  readonly signal: AbortSignal
  readonly onLine: (line: string) => void
}

/**
 * Runs Git with nothing of the host's configuration, hooks or prompts. Credentials travel over inherited descriptors, never in argv
 * or the environment. Throws `AppError` with Git's own last lines: `GIT_UNREACHABLE` where a repeat may help, else `GIT_FAILED`.
 */
export async function runGit(args: readonly string[], options: GitOptions): Promise<string> {
  const { credentials } = options
  const child = spawn('git', [...settings.flatMap((setting) => ['-c', setting]), ...args], {
    cwd: options.cwd,
    signal: options.signal,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: options.cwd,
      LANG: 'C.UTF-8',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: options.askpassScript,
      GIT_ALLOW_PROTOCOL: options.protocols.join(':'),
      GIT_SSH_COMMAND: sshCommand(credentials.sshKeyFile),
    },
  })
  for (const [descriptor, text] of [
    [3, credentials.username],
    [4, credentials.password],
  ] as const) {
    const pipe = child.stdio[descriptor] as NodeJS.WritableStream
    // Git that needs no credentials closes its end unread.
    pipe.on('error', () => {})
    pipe.end(text === undefined ? '' : `${text}\n`)
  }
  const chunks: Buffer[] = []
  let size = 0
  child.stdout?.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= outputMax) chunks.push(chunk)
    else child.kill()
  })
  const errors: string[] = []
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split(/[\r\n]+/)) {
      if (line.trim() === '') continue
      errors.push(line)
      if (errors.length > 50) errors.shift()
      options.onLine(line)
    }
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  }).catch((cause: unknown) => {
    if (options.signal.aborted) throw new AppError('canceled', 'GIT_CANCELED', 'Fetching the source was stopped.', { cause })
    throw new AppError('failedPrecondition', 'GIT_MISSING', 'Git could not be started on this host.', {
      hint: 'Install git where the runner runs.',
      cause,
    })
  })
  if (code !== 0) {
    const message = errors.slice(-5).join(' ').slice(0, 2000)
    if (isGitUnreachable(errors)) {
      throw new AppError('unavailable', 'GIT_UNREACHABLE', `git ${args[0] ?? ''} did not reach its host: ${message}`, {
        hint: 'Look at the Git host and at the network between it and the runner; then run it again.',
      })
    }
    throw new AppError(
      'failedPrecondition',
      'GIT_FAILED',
      `git ${args[0] ?? ''} failed: ${message === '' ? `exit code ${String(code)}` : message}`,
    )
  }
  return Buffer.concat(chunks).toString('utf8')
}

function sshCommand(keyFile: string | undefined): string {
  const options = '-o BatchMode=yes -o StrictHostKeyChecking=accept-new -o ConnectTimeout=20'
  return keyFile === undefined ? `ssh ${options}` : `ssh -i '${keyFile}' -o IdentitiesOnly=yes ${options}`
}
