import type pg from 'pg'
import type { CopyConnection } from './copy-in.ts'

/** A query of `pg` that has not been given to its client, with what the types leave out. */
export interface SubmittableQuery {
  handleDataRow: (message: { readonly fields: readonly (string | null)[] }) => void
  handleCopyInResponse: (connection: CopyConnection) => void
  on(event: 'end', listener: (result: CommandResult | CommandResult[]) => void): void
  on(event: 'error', listener: (error: Error) => void): void
}

/** What one statement of a query's text answered. */
export interface CommandResult {
  readonly fields?: readonly { readonly name: string }[]
  readonly command: string | null
  readonly rowCount: number | null
}

/** One statement of a batch. */
export interface BatchStatement {
  readonly text: string
  /** As texts: the server reads each as the type that its place asks for. */
  readonly values?: readonly (string | null)[]
  /** Kept at the server under a name: `isNew` makes it, in place of whatever the name stood for. */
  readonly prepared?: { readonly name: string; readonly isNew: boolean }
}

/** A connection of `pg`, as far as batches write to it. */
export interface BatchConnection {
  readonly stream: { cork(): void; uncork(): void }
  parse(message: { readonly name: string; readonly text: string; readonly types: readonly number[] }): void
  bind(message: { readonly portal: string; readonly statement: string; readonly values: readonly (string | null)[] }): void
  execute(message: { readonly portal: string; readonly rows: number }): void
  close(message: { readonly type: 'S'; readonly name: string }): void
  flush(): void
  sync(): void
}

/**
 * Sends statements, one a text, in one piece, and says what each answered as it does. After an error the server reads over everything up to
 * the end of the piece, so that none of the statements behind the one that failed runs. A text of several statements is such an error. Rows
 * are thrown away. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export function sendBatch(
  client: pg.Client,
  statements: readonly BatchStatement[],
  onAnswer: (index: number, result: CommandResult) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let answered = 0
    const ignore = (): void => {}
    const batch = {
      submit: (connection: BatchConnection): null => {
        connection.stream.cork()
        for (const statement of statements) writeStatement(connection, statement)
        connection.sync()
        connection.stream.uncork()
        return null
      },
      handleCommandComplete: ({ text }: { readonly text: string }): void => onAnswer(answered++, readCommandTag(text)),
      handleEmptyQuery: (): void => onAnswer(answered++, { command: null, rowCount: null }),
      handleRowDescription: ignore,
      handleDataRow: ignore,
      handlePortalSuspended: ignore,
      handleReadyForQuery: (): void => resolve(),
      handleError: reject,
    }
    client.query(batch as unknown as pg.Submittable)
  })
}

/** Writes what makes the server run one statement, without asking for its answer. */
export function writeStatement(connection: BatchConnection, { text, values = [], prepared }: BatchStatement): void {
  const name = prepared?.name ?? ''
  // To close what is not there is no error.
  if (prepared?.isNew === true) connection.close({ type: 'S', name })
  if (prepared?.isNew !== false) connection.parse({ name, text, types: [] })
  connection.bind({ portal: '', statement: name, values })
  connection.execute({ portal: '', rows: 0 })
}

/** `INSERT 0 5`, `UPDATE 5` or `CREATE TABLE`, as `pg` reads them: the first word, and the last number. */
export function readCommandTag(tag: string): CommandResult {
  const rows = / (\d+)$/.exec(tag)?.[1]
  return { command: tag.split(' ', 1)[0] ?? null, rowCount: rows === undefined ? null : Number(rows) }
}
