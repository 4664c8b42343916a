import type { DatabaseSync } from 'node:sqlite'
import type { SchemaFacts, TableFacts } from '@sluice/engine'

/** The texts of a database's objects in an order in which they can be made, and whether it enforces foreign keys. */
export const catalogueTexts =
  "SELECT sql FROM (SELECT 0 AS place, 0 AS row, 'PRAGMA foreign_keys = ' || foreign_keys AS sql FROM pragma_foreign_keys UNION ALL " +
  "SELECT CASE type WHEN 'table' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, rowid, sql FROM sqlite_schema " +
  "WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite~_%' ESCAPE '~') ORDER BY place, row"

/**
 * The catalogue while a plan is made: a copy of the schema, without rows, in a database in memory, to which every planned statement
 * that changes the schema is applied. It is built when the first change asks. What fails there fails in the database too, later and
 * with its own message, so failures are left alone here.
 */
export function openSqliteFacts(catalogue: readonly string[]): SchemaFacts {
  const pending: string[] = [...catalogue]
  let shadow: DatabaseSync | undefined
  const apply = (sql: string): void => {
    try {
      shadow?.exec(sql)
    } catch {
      // Said when the statement runs.
    }
  }
  const open = (): DatabaseSync => {
    if (shadow !== undefined) return shadow
    // Loaded here, so that a plan which asks for nothing does not load it.
    const { DatabaseSync: Database } = process.getBuiltinModule('node:sqlite')
    shadow = new Database(':memory:', { enableForeignKeyConstraints: false, enableDoubleQuotedStringLiterals: true })
    for (const sql of pending) apply(sql)
    pending.length = 0
    return shadow
  }
  return {
    note: (sql) => {
      if (!/^(?:\s+|--[^\n]*\n|\/\*.*?\*\/)*(?:create|alter|drop|pragma\s+legacy_alter_table)\b/is.test(sql)) return
      if (shadow === undefined) pending.push(sql)
      else apply(sql)
    },
    readTable: (name) => readTable(open(), name),
  }
}

function readTable(shadow: DatabaseSync, name: string): TableFacts | undefined {
  const table = shadow.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND lower(name) = lower(?)").get(name)
  if (table === undefined) return undefined
  const parts = shadow
    .prepare(
      "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND lower(tbl_name) = lower(?) AND sql IS NOT NULL",
    )
    .all(name)
  const enforced = shadow.prepare('PRAGMA foreign_keys').get()?.['foreign_keys'] === 1
  const referenced = shadow
    .prepare(
      'SELECT count(*) AS found FROM sqlite_schema AS other, pragma_foreign_key_list(other.name) AS key WHERE other.type = \'table\' AND lower(key."table") = lower(?)',
    )
    .get(name)
  return {
    name: String(table['name']),
    sql: String(table['sql']),
    parts: parts.map((part) => ({
      kind: part['type'] === 'index' ? 'index' : 'trigger',
      name: String(part['name']),
      sql: String(part['sql']),
    })),
    losesRowsWhenDropped: enforced && Number(referenced?.['found']) > 0,
  }
}
