import { AppError } from '@sluice/base'
import type { AlterPlan, Catalogue, Database, ObjectPair, SnapshotObject, TableRows } from '@sluice/engine'
import { quotePhysicalName } from '../names.ts'
import { readSqliteCatalogue } from './read-catalogue.ts'

const rowsPerStatement = 100

/** SQLite's schema: statements verbatim; tables by their columns and constraints. */
export const sqliteCatalogue: Catalogue = {
  read: readSqliteCatalogue,
  planAlter,
  readRows,
  holdsData: ({ type }) => type === 'table' || type === 'column',
  dropForcibly: ({ type, drop }) =>
    type === 'table' || type === 'view'
      ? drop.map((statement) => statement.replace(/^DROP (TABLE|VIEW) /, 'DROP $1 IF EXISTS '))
      : [],
  findOutsideDependents: () => Promise.resolve([]),
  prepareDrop: async (database) => {
    // Dropping a table deletes its rows one by one, with all that cascades, while this is on.
    const { rows } = await database.query('PRAGMA foreign_keys')
    if (Number(rows[0]?.[0]) !== 1) return async () => {}
    await database.script(['PRAGMA foreign_keys = OFF'])
    return () => database.script(['PRAGMA foreign_keys = ON'])
  },
}

/** Tables change by adding and dropping columns only; everything else about them means making them anew. */
function planAlter({ to, properties }: ObjectPair): AlterPlan {
  if (to.type !== 'table' && to.type !== 'column') return { kind: 'recreate' }
  const what = to.type === 'column' ? 'a column' : properties.join(' and ')
  return {
    kind: 'alter',
    alteration: {
      statements: [],
      rollback: undefined,
      unexpressed: [`SQLite cannot change ${what} of a table: it has to be made anew and filled from the old one.`],
    },
  }
}

async function readRows(
  database: Database,
  table: SnapshotObject,
  columns: readonly SnapshotObject[],
  rowsMax: number,
): Promise<TableRows> {
  // Generated columns are computed; a virtual table's content is its module's affair.
  const names = columns.filter(({ properties }) => !/\bas\s*\(/i.test(String(properties['definition']))).map(({ name }) => name)
  if (names.length === 0) return { statements: [], remove: [], rowCount: 0 }
  const name = quotePhysicalName(table.name)
  const values = names.map((column) => `quote(${quotePhysicalName(column)})`).join(` || ', ' || `)
  const { rows } = await database.query(`SELECT '(' || ${values} || ')' FROM ${name} ORDER BY 1 LIMIT ${String(rowsMax + 1)}`)
  if (rows.length > rowsMax) {
    throw new AppError('invalid', 'SNAPSHOT_DATA_TOO_LARGE', `The table "${table.name}" has more than ${String(rowsMax)} rows.`, {
      hint: 'Leave it out with --exclude, raise --data-rows, or move its data with a tool for that.',
    })
  }
  const statements: string[] = []
  for (let at = 0; at < rows.length; at += rowsPerStatement) {
    const lines = rows.slice(at, at + rowsPerStatement).map(([text]) => `    ${String(text)}`)
    statements.push(`INSERT INTO ${name} (${names.map(quotePhysicalName).join(', ')}) VALUES\n${lines.join(',\n')}`)
  }
  return { statements, remove: rows.length === 0 ? [] : [`DELETE FROM ${name}`], rowCount: rows.length }
}
