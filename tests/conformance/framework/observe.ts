import type { ConformanceDatabase } from './model.ts'
import { describeMariadb } from './observe-mariadb.ts'
import { describePostgres } from './observe-postgres.ts'
import { describeSqlite } from './observe-sqlite.ts'
import { withoutDatabase } from './sql-text.ts'
import type { Observer } from './twin.ts'

/** A line about an object, and the object's own name. */
export interface SchemaLine {
  readonly object: string
  readonly line: string
}

const columns = 'id, author, filename, orderexecuted, exectype, md5sum, description, comments, tag, contexts, labels'

/** Rows of DATABASECHANGELOG, one text each, without what differs from run to run: date, version, deployment id. */
export async function historyRows(observer: Observer): Promise<readonly { readonly id: string; readonly line: string }[]> {
  try {
    const rows = await observer.query(`SELECT ${columns} FROM DATABASECHANGELOG ORDER BY orderexecuted, id`)
    return rows.map((row) => ({
      id: String(row[0]),
      line: withoutClock(withoutDatabase(row.map((value) => (value === null ? '∅' : `${value as string | number}`)).join(' | '))),
    }))
  } catch {
    // There is no such table yet.
    return []
  }
}

/** Everything in a database but the tools' own tables: structure, definitions, comments, and the rows of tables. */
export async function describeDatabase(observer: Observer, dbms: ConformanceDatabase): Promise<readonly SchemaLine[]> {
  const describe = { postgresql: describePostgres, mariadb: describeMariadb, sqlite: describeSqlite }[dbms]
  const lines = await describe(observer)
  return lines
    .filter(({ object }) => !/^(?:databasechangelog|sluice_)/i.test(object))
    .map(({ object, line }) => ({ object, line: withoutNow(withoutDatabase(line.replaceAll('\r\n', '\n'))) }))
    .toSorted((left, right) => compare(left.object, right.object) || compare(left.line, right.line))
}

/** Times that a run itself produces. Cases use dates of 2001 to 2020. */
export function withoutNow(text: string): string {
  return text.replaceAll(/\b20(?:2[4-9]|[3-9]\d)-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d(?::?\d\d)?)?/g, '<now>')
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** The id of the row that `tag` makes on an empty history is the time. */
function withoutClock(line: string): string {
  return line.replace(/^\d{13} \| liquibase \|/, '<time> | liquibase |')
}
