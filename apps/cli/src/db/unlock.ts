import { readLock, releaseStaleLock } from '@sluice/engine'
import type { LockHolder } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatTable } from '../output/table.ts'
import { canAsk, confirm } from '../prompt.ts'
import type { ConnectionOptions } from './db-options.ts'
import { selectionOf, withTarget } from './open-target.ts'

/** `sluice db locks`: who holds the changelog lock. */
export async function dbLocks(context: CommandContext, options: ConnectionOptions): Promise<void> {
  await withTarget(context, options, async (database) => {
    const holder = await readLock({ database, options: selectionOf(options) })
    const isSluice = holder !== undefined && (holder.by === 'session' || (holder.lockedBy ?? '').startsWith('sluice '))
    context.printer.result({ locks: holder === undefined ? [] : [holder] }, () =>
      formatTable(
        ['HELD BY', 'SINCE', 'SESSION', 'STATE'],
        holder === undefined
          ? []
          : [
              [
                holder.lockedBy ?? '-',
                holder.since ?? holder.session?.since ?? '-',
                sessionName(holder),
                stateOf(holder, isSluice),
              ],
            ],
        'The changelog lock is free.',
      ),
    )
  })
}

function sessionName({ session }: LockHolder): string {
  return session === undefined ? '-' : `${session.sessionId} ${session.applicationName}`.trim()
}

function stateOf(holder: LockHolder, isSluice: boolean): string {
  if (holder.by === 'session') return `live (${holder.session?.state ?? 'unknown'})`
  return isSluice ? 'its session is gone; the next run takes it over' : 'not of Sluice: alive or dead, nobody can tell'
}

/**
 * `sluice db unlock`: frees the lock row of a killed run. That of a Liquibase is freed once a person says that it is dead; that of a live
 * Sluice session never, because the session lock stands behind it.
 */
export async function dbUnlock(
  context: CommandContext,
  options: ConnectionOptions & { readonly force: boolean; readonly yes: boolean },
): Promise<number> {
  return withTarget(context, options, async (database) => {
    const tracking = selectionOf(options)
    let { released, holder } = await releaseStaleLock({ database, options: tracking })
    if (holder?.by === 'row' && (options.force || options.yes || canAsk())) {
      const question = `The lock belongs to ${holder.lockedBy ?? 'an unknown holder'}, perhaps a live Liquibase${since(holder)}. Free it anyway?`
      if (!options.force && !options.yes) await confirm(question, context.signal)
      ;({ released, holder } = await releaseStaleLock({ database, options: tracking, force: true }))
    }
    context.printer.result({ released: released ?? null, holder: holder ?? null }, () => {
      if (released !== undefined) return `The lock of ${released.lockedBy ?? 'an unknown holder'} is free.`
      if (holder === undefined) return 'The lock is free.'
      if (holder.by === 'row')
        return `The lock belongs to ${holder.lockedBy ?? 'an unknown holder'}${since(holder)}. If you know that it is dead, repeat this with --yes.`
      return `A live Sluice session holds the lock${since(holder)}: ${sessionName(holder)}. It is left alone; end that run, and its lock is free.`
    })
    return holder === undefined ? exitCodes.ok : exitCodes.checksFailed
  })
}

function since(holder: LockHolder): string {
  return holder.since === undefined ? '' : ` since ${holder.since}`
}
