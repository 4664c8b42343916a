import type { WriteSession } from './write-session.ts'

/** So many statements share a round trip: enough to make it cheap, few enough to keep the text small. */
const chunkSize = 500

/**
 * Sends statements of ours as one transaction, however many there are. Cancellable up to the commit; whatever goes wrong, nothing of
 * it stays. `onCommit` is called immediately before what makes it durable is sent.
 */
export async function inTransaction(
  session: WriteSession,
  statements: readonly string[],
  onCommit: () => void = () => {},
): Promise<void> {
  const { database } = session
  await database.script(['BEGIN'])
  try {
    for (let from = 0; from < statements.length; from += chunkSize) {
      await session.cancellable(() => database.script(statements.slice(from, from + chunkSize)))
    }
    onCommit()
    await database.script(['COMMIT'])
  } catch (error) {
    if (database.transactionState === 'active' || database.transactionState === 'failed') {
      await database.script(['ROLLBACK']).catch(() => {})
    }
    throw error
  }
}
