import { readFile } from 'node:fs/promises'
import { AppError, createId } from '@sluice/base'
import { noteKindOfWork } from '@sluice/code-cache'
import { openDatabase } from '@sluice/databases'
import type { Database, LimitOptions, SelectionOptions, WriteOptions } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { cliVersion } from '../version.ts'
import type { ChangelogOptions, ConnectionOptions, LimitFlags, WritingOptions } from './db-options.ts'

/**
 * Opens the database that the options name. The password comes from a file, the environment or a hidden prompt, never from argv.
 * `whileConnecting` is called as `openDatabase` does.
 */
export async function openTarget(
  context: CommandContext,
  options: ConnectionOptions,
  whileConnecting?: () => void,
): Promise<Database> {
  const user = options.user ?? context.env['SLUICE_DB_USER']
  const database = await openDatabase({
    url: options.url,
    ...(user === undefined ? {} : { user }),
    password: await readPassword(context, options),
    applicationName: 'sluice:cli',
    signal: context.signal,
    whileConnecting,
  })
  noteKindOfWork(database.dialect.name)
  return database
}

/** Runs `use` with an open database and closes it whatever happens. */
export async function withTarget<T>(
  context: CommandContext,
  options: ConnectionOptions,
  use: (database: Database) => Promise<T>,
  whileConnecting?: () => void,
): Promise<T> {
  const database = await openTarget(context, options, whileConnecting)
  try {
    return await use(database)
  } finally {
    await database.close()
  }
}

async function readPassword(context: CommandContext, options: ConnectionOptions): Promise<string | undefined> {
  if (options.passwordFile !== undefined) {
    const text = await readFile(options.passwordFile, 'utf8').catch((cause: unknown) => {
      throw new AppError('invalid', 'FILE_UNREADABLE', `The password file "${String(options.passwordFile)}" cannot be read.`, {
        cause,
      })
    })
    return text.replace(/\r?\n$/, '')
  }
  const fromEnvironment = context.env['SLUICE_DB_PASSWORD']
  if (fromEnvironment !== undefined) return fromEnvironment
  // A file has no users.
  if (/^(jdbc:)?sqlite:/i.test(options.url)) return undefined
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined
  const { promptHidden } = await import('../prompt.ts')
  return promptHidden('Password: ', context.signal)
}

/** Where the history lives and which changesets are meant. */
export function selectionOf(options: ConnectionOptions & Partial<ChangelogOptions>): SelectionOptions {
  const contexts = options.contexts
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  return {
    ...(options.historySchema === undefined ? {} : { trackingSchema: options.historySchema }),
    ...(options.historyTable === undefined ? {} : { historyTable: options.historyTable }),
    ...(options.lockTable === undefined ? {} : { lockTable: options.lockTable }),
    ...(contexts === undefined || contexts.length === 0 ? {} : { contexts }),
    ...(options.labels === undefined ? {} : { labels: options.labels }),
    ...(options.allowCommands === true ? { allowCommands: true } : {}),
  }
}

/** A run of this command, as it stands in the lock row, with the limits that the options set. */
export async function newRun(
  options: WritingOptions = {},
): Promise<Pick<WriteOptions, 'runId' | 'host' | 'toolVersion' | 'lockWaitMs' | 'lockTimeoutMs' | 'statementTimeoutMs'>> {
  const { hostname } = await import('node:os')
  const { lockWait, lockTimeout, statementTimeout } = options
  return {
    runId: createId('cli'),
    host: hostname(),
    toolVersion: `sluice ${cliVersion}`,
    ...(lockWait === undefined ? {} : { lockWaitMs: lockWait }),
    ...(lockTimeout === undefined ? {} : { lockTimeoutMs: lockTimeout }),
    ...(statementTimeout === undefined ? {} : { statementTimeoutMs: statementTimeout }),
  }
}

/** How far through the changelog the options go. */
export function limitsOf({ count, toTag, changeset }: LimitFlags): LimitOptions {
  return {
    ...(count === undefined ? {} : { count }),
    ...(toTag === undefined ? {} : { toTag }),
    ...(changeset === undefined ? {} : { only: changeset }),
  }
}
