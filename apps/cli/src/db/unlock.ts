import { releaseStaleLock } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import type { ConnectionOptions } from './db-options.ts'
import { selectionOf, withTarget } from './open-target.ts'

/** `sluice db unlock`: frees the lock row of a killed run. That of a live Sluice session is never freed, that of a Liquibase only by force. */
export async function dbUnlock(context: CommandContext, options: ConnectionOptions & { force: boolean }): Promise<number> {
  return withTarget(context, options, async (database) => {
    const { released, holder } = await releaseStaleLock({ database, options: selectionOf(options), force: options.force })
    context.printer.result({ released: released ?? null, holder: holder ?? null }, () => {
      if (released !== undefined) return `The lock of ${released.lockedBy ?? 'an unknown holder'} is free.`
      if (holder === undefined) return 'The lock is free.'
      const since = holder.since === undefined ? '' : ` since ${holder.since}`
      return holder.by === 'session'
        ? `A live Sluice session holds the lock${since}: ${holder.session?.applicationName ?? 'unknown'}. It is left alone.`
        : `The lock belongs to ${holder.lockedBy ?? 'an unknown holder'}${since}. If you know that it is dead, repeat this with --force.`
    })
    return holder === undefined ? exitCodes.ok : exitCodes.checksFailed
  })
}
