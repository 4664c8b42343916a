import { AppError } from '@sluice/base'
import type { CommandHandler, RunContext } from './run-context.ts'

/** A command's work: with the target database opened for it, or with what it opens itself. */
export type Handler =
  | { readonly needs: 'target'; readonly run: CommandHandler }
  | { readonly needs: 'nothing'; readonly run: (context: RunContext) => Promise<void> }

const target = (run: CommandHandler): Handler => ({ needs: 'target', run })

/** Loads what a command needs, and nothing else. */
export async function handlerOf(name: string): Promise<Handler> {
  if (name.endsWith('Sql') && name !== 'executeSql') return target((await import('./commands/preview.ts')).preview)
  switch (name) {
    case 'update':
    case 'updateCount':
    case 'updateToTag':
    case 'updateOneChangeset':
      return target((await import('./commands/update.ts')).update)
    case 'updateTestingRollback':
      return target((await import('./commands/update.ts')).updateTestingRollback)
    case 'rollback':
    case 'rollbackCount':
    case 'rollbackToDate':
    case 'rollbackOneChangeset':
    case 'rollbackOneUpdate':
      return target((await import('./commands/rollback.ts')).rollback)
    case 'changelogSync':
    case 'changelogSyncToTag':
    case 'markNextChangesetRan':
      return target((await import('./commands/sync.ts')).sync)
    case 'listLocks':
      return target((await import('./commands/locks.ts')).listLocks)
    case 'releaseLocks':
      return target((await import('./commands/locks.ts')).releaseLocks)
    case 'executeSql':
      return target((await import('./commands/execute-sql.ts')).executeSql)
    case 'snapshotReference':
      return { needs: 'nothing', run: (await import('./commands/objects.ts')).snapshotReference }
    case 'dropAll':
    case 'snapshot':
    case 'diff':
    case 'diffChangelog':
    case 'generateChangelog':
      return target((await import('./commands/objects.ts'))[name])
    default:
      return target(await readingHandler(name))
  }
}

async function readingHandler(name: string): Promise<CommandHandler> {
  const reading = await import('./commands/reading.ts')
  const handlers: Readonly<Record<string, CommandHandler>> = {
    status: reading.status,
    unexpectedChangesets: reading.unexpectedChangesets,
    validate: reading.validate,
    history: reading.history,
    tag: reading.tag,
    tagExists: reading.tagExists,
    calculateChecksum: reading.checksum,
    clearChecksums: reading.forgetChecksums,
    connect: reading.connect,
  }
  const handler = handlers[name]
  if (handler === undefined) throw new AppError('internal', 'COMMAND_WITHOUT_HANDLER', `The command "${name}" has no handler.`)
  return handler
}
