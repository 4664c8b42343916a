import type pg from 'pg'
import { readCommandTag, writeStatement } from './send-batch.ts'
import type { BatchConnection, BatchStatement, CommandResult } from './send-batch.ts'

/** So many transactions are on their way at most: enough to hide a network, few enough to look at when the connection is lost. */
const aheadMax = 16

/** A transaction of its own in a stretch of them. */
export interface StretchTransaction {
  readonly statements: readonly BatchStatement[]
  /** The answer of its n-th statement, counted from 0. */
  onAnswer(index: number, result: CommandResult): void
  onCommitted(): void
}

const begin: BatchStatement = { text: 'BEGIN' }
const commit: BatchStatement = { text: 'COMMIT' }

/**
 * Sends transactions without waiting for the answers of those ahead, each answered as it ends, and the last of them with a Sync. After an error the
 * server reads over everything up to the next Sync, which is sent only then: nothing behind what failed is run, and the transaction that
 * failed is left open. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export function sendStretch(client: pg.Client, next: () => StretchTransaction | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent: StretchTransaction[] = []
    let answered = 0
    let isEnded = false
    const send = (connection: BatchConnection): void => {
      connection.stream.cork()
      while (!isEnded && sent.length < aheadMax) {
        const one = next()
        if (one === undefined) {
          isEnded = true
          connection.sync()
        } else {
          sent.push(one)
          for (const statement of [begin, ...one.statements, commit]) writeStatement(connection, statement)
          connection.flush()
        }
      }
      connection.stream.uncork()
    }
    const answer = (result: CommandResult, connection: BatchConnection): void => {
      const [first] = sent
      if (first === undefined) return
      const index = answered++ - 1
      if (index < 0) return
      if (index < first.statements.length) {
        first.onAnswer(index, result)
        return
      }
      answered = 0
      sent.shift()
      first.onCommitted()
      // Several at a time cost less to send, while there is still enough on its way.
      if (sent.length <= aheadMax / 2) send(connection)
    }
    const ignore = (): void => {}
    const stretch = {
      submit: (connection: BatchConnection): null => {
        send(connection)
        return null
      },
      handleCommandComplete: ({ text }: { readonly text: string }, connection: BatchConnection): void =>
        answer(readCommandTag(text), connection),
      handleEmptyQuery: (connection: BatchConnection): void => answer({ command: null, rowCount: null }, connection),
      handleRowDescription: ignore,
      handleDataRow: ignore,
      handlePortalSuspended: ignore,
      handleReadyForQuery: (): void => resolve(),
      handleError: (error: Error, connection: BatchConnection): void => {
        if (!isEnded) connection.sync()
        isEnded = true
        reject(error)
      },
    }
    client.query(stretch as unknown as pg.Submittable)
  })
}
