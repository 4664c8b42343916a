import type pg from 'pg'
import type { CopyConnection } from './copy-in.ts'

/** A query of `pg` that has not been given to its client, with what the types leave out. */
export interface SubmittableQuery {
  readonly text: string
  submit: (connection: QueryConnection) => Error | null
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

interface QueryConnection {
  readonly stream: { cork(): void; uncork(): void }
  query(text: string): void
}

/**
 * Sends two texts as two messages in one piece, and gives what each answers. The server reads the second when it has answered the first;
 * the client hears of the second query when the first is done, and finds it sent already. Rows are thrown away.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SIMPLE-QUERY
 */
export function sendTogether(
  client: pg.Client,
  [first, second]: readonly [SubmittableQuery, SubmittableQuery],
): readonly [Promise<CommandResult | CommandResult[]>, Promise<CommandResult | CommandResult[]>] {
  first.submit = (connection) => {
    connection.stream.cork()
    connection.query(first.text)
    connection.query(second.text)
    connection.stream.uncork()
    return null
  }
  second.submit = () => null
  const answers = [first, second].map((query) => {
    query.handleDataRow = () => {}
    return new Promise<CommandResult | CommandResult[]>((resolve, reject) => {
      query.on('end', resolve)
      query.on('error', reject)
    })
  }) as [Promise<CommandResult | CommandResult[]>, Promise<CommandResult | CommandResult[]>]
  // The second may fail before anybody waits for it.
  answers[1].catch(() => {})
  for (const query of [first, second]) client.query(query as unknown as pg.Submittable)
  return answers
}
