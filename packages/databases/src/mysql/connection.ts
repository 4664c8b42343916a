import type { Connection, QueryOptions } from 'mysql2'

/** What the server said about the session with its last answer, https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html. */
export const inTransactionFlag = 1
export const autocommitFlag = 2

/** The end of one of a statement's results. */
export interface OkPacket {
  readonly affectedRows: number
  readonly serverStatus: number
  readonly warningStatus: number
}

export interface SentResult {
  /** Rows of all results, when they were asked for: those of the last result that has any. */
  readonly rows: readonly (readonly unknown[])[]
  /** Names of the columns of those rows; undefined when no result had any. */
  readonly columns: readonly string[] | undefined
  readonly rowsSeen: number
  readonly affectedRows: number
  /** How many results the text gave. */
  readonly results: number
  /** Of the last result; undefined when it is a set of rows, whose end the driver does not show. */
  readonly last: OkPacket | undefined
}

/**
 * Sends one text and reads all of its results; `keep` says how many rows of a result are kept. A text with `?` is sent as it stands. `values` makes
 * it a prepared statement of the server.
 */
export function send(
  connection: Connection,
  sql: string,
  options: { readonly keep: number; readonly values?: readonly unknown[] | undefined },
): Promise<SentResult> {
  const { keep, values } = options
  return new Promise((resolve, reject) => {
    let rows: (readonly unknown[])[] = []
    let columns: readonly string[] | undefined
    let rowsSeen = 0
    let affectedRows = 0
    let results = 0
    let last: OkPacket | undefined
    // Without a callback the driver keeps nothing.
    const raw: Partial<QueryOptions> = keep > 0 ? {} : { typeCast: false }
    const query =
      values === undefined
        ? connection.query({ sql, rowsAsArray: true, ...raw } as QueryOptions)
        : connection.execute({ sql, rowsAsArray: true, values: [...values] } as QueryOptions)
    // A lost connection is told to the connection, not to its command.
    connection.once('error', reject)
    query.on('error', reject)
    query.on('fields', (fields: unknown) => {
      results++
      if (fields === undefined) return
      last = undefined
      rows = []
      if (Array.isArray(fields)) columns = (fields as { readonly name: string }[]).map(({ name }) => name)
    })
    query.on('result', (row: unknown) => {
      if (isOkPacket(row)) {
        last = row
        affectedRows += row.affectedRows
        return
      }
      rowsSeen++
      if (rows.length < keep) rows.push(row as readonly unknown[])
    })
    query.on('end', () => {
      connection.removeListener('error', reject)
      resolve({ rows, columns, rowsSeen, affectedRows, results, last })
    })
  })
}

function isOkPacket(row: unknown): row is OkPacket {
  return typeof row === 'object' && row !== null && !Array.isArray(row) && 'serverStatus' in row
}
