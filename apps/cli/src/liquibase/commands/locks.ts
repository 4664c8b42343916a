import { AppError } from '@sluice/base'
import { readLock, releaseStaleLock } from '@sluice/engine'
import type { CommandHandler } from '../run-context.ts'

/** list-locks. */
export const listLocks: CommandHandler = async ({ context, database, selection, place }) => {
  const holder = await readLock({ database, options: selection })
  const line =
    holder === undefined
      ? ' - No locks\n'
      : ` - ${holder.lockedBy ?? holder.session?.applicationName ?? 'unknown'}${holder.since === undefined ? '' : ` at ${holder.since}`}\n`
  context.output.result(`Database change log locks for ${place}\n${line}`)
}

/** release-locks: any row, as Liquibase does, but never the lock of a Sluice run that is alive. */
export const releaseLocks: CommandHandler = async ({ context, database, selection, place }) => {
  const { holder } = await releaseStaleLock({ database, options: selection, force: true })
  if (holder !== undefined)
    throw new AppError(
      'conflict',
      'LOCK_HELD',
      `A live session holds the lock: ${holder.session?.applicationName ?? holder.lockedBy ?? 'unknown'}.`,
      {
        hint: 'Wait for it or end it; its lock is free the moment its connection is gone.',
      },
    )
  context.output.message(`Successfully released all database change log locks for '${place}'`)
}
