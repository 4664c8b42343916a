import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@sluice/base'
import type { DataFolder, FolderState } from './data-folder.ts'
import { nameCluster, runProgram } from './run-program.ts'
import type { ProgramContext } from './run-program.ts'
import { createScramVerifier, matchesScramVerifier } from './scram.ts'

/**
 * Makes a cluster in a folder beside and moves it into place when it is whole, so that a crash in the middle leaves nothing that
 * looks like one. UTF-8, ordered by code point (as the C locale does), upper and lower case as Unicode has them.
 *
 * @throws AppError `EMBEDDED_POSTGRES_INIT_FAILED` with the last lines of initdb.
 */
export async function createCluster(context: ProgramContext, folder: DataFolder): Promise<void> {
  const staged = `${folder.clusterDir}.new`
  await rm(staged, { recursive: true, force: true })
  await mkdir(staged, { mode: 0o700 })
  if (context.user !== undefined) await chown(staged, context.user.uid, context.user.gid)
  const args = ['-D', nameCluster(staged, context.user), '--no-sync', '--no-instructions', '--encoding=UTF8', '--locale=C']
  args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--auth=reject', '--username=postgres')
  const result = await runProgram(context, 'initdb', args, staged)
  if (result.exitCode !== 0) {
    throw new AppError(
      'internal',
      'EMBEDDED_POSTGRES_INIT_FAILED',
      `A new PostgreSQL cluster in "${folder.dir}" could not be made: ${result.output.split('\n').slice(-5).join(' ')}`,
      { hint: hintFor(result.output) },
    )
  }
  await writeFile(join(staged, 'pg_hba.conf'), 'host all,replication all 127.0.0.1/32 scram-sha-256\n')
  await rename(staged, folder.clusterDir)
}

/**
 * Flushes a new cluster's files to the disk. initdb would do so itself, but takes seconds over its thousand files; commits are
 * durable by their own WAL flush, so this may run while the server works. False when it was aborted or failed.
 */
export async function syncCluster(context: ProgramContext, folder: DataFolder, signal: AbortSignal): Promise<boolean> {
  try {
    const args = ['--sync-only', '-D', nameCluster(folder.clusterDir, context.user)]
    return (await runProgram(context, 'initdb', args, folder.clusterDir, { signal })).exitCode === 0
  } catch {
    // Not done: the next start sees that in the state and tries again.
    return false
  }
}

export interface WantedAccess {
  readonly user: string
  readonly password: string
  readonly database: string
}

/** Whether the cluster already has this role with this password, and this database. */
export function hasAccess(state: FolderState, wanted: WantedAccess): boolean {
  const verifier = state.roles[wanted.user]
  return verifier !== undefined && matchesScramVerifier(wanted.password, verifier) && state.databases.includes(wanted.database)
}

/**
 * Gives a stopped cluster the role (superuser), its password and the database, through PostgreSQL's single-user mode, which asks for
 * no password: who owns the folder owns the data. Running it again changes nothing.
 */
export async function grantAccess(
  context: ProgramContext,
  folder: DataFolder,
  state: FolderState,
  wanted: WantedAccess,
): Promise<FolderState> {
  const verifier = createScramVerifier(wanted.password)
  const role = quoteIdentifier(wanted.user)
  const isNewRole = wanted.user !== 'postgres' && state.roles[wanted.user] === undefined
  // Statements may not span lines here; errors do not stop the ones after them, so that "exists already" is harmless.
  const lines = [
    ...(isNewRole ? [`create role ${role}`] : []),
    `alter role ${role} superuser login replication password '${verifier}'`,
    ...(state.databases.includes(wanted.database) ? [] : [`create database ${quoteIdentifier(wanted.database)}`]),
  ]
  const cluster = nameCluster(folder.clusterDir, context.user)
  const args = [
    '--single',
    '-D',
    cluster,
    '-c',
    'log_checkpoints=off',
    '-c',
    'log_min_messages=fatal',
    '-c',
    'exit_on_error=off',
    'postgres',
  ]
  const result = await runProgram(context, 'postgres', args, folder.clusterDir, { input: `${lines.join('\n')}\n` })
  const failure = result.output.split('\n').find((line) => line.includes('ERROR:') && !line.includes('already exists'))
  if (result.exitCode !== 0 || failure !== undefined) {
    throw new AppError(
      'internal',
      'EMBEDDED_POSTGRES_INIT_FAILED',
      `The role and database of the PostgreSQL in "${folder.dir}" could not be made: ${(failure ?? result.output).slice(-500)}`,
    )
  }
  return {
    ...state,
    roles: { ...state.roles, [wanted.user]: verifier },
    databases: [...new Set([...state.databases, wanted.database])],
  }
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** What to do about an initdb that failed, by what it printed. */
export function hintFor(output: string): string {
  // As in containers that run under any number.
  if (output.includes('could not look up effective user ID'))
    return 'PostgreSQL runs only as a user whom this system knows by name: use one of /etc/passwd, or set SLUICE_DATABASE_URL to a PostgreSQL of your own.'
  return 'Check that the disk has room (60 MB), and that the folder is on a file system with Unix permissions.'
}
