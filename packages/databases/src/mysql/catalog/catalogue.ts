import type { Catalogue, Database } from '@sluice/engine'
import { planMysqlAlter } from './alter.ts'
import { readMysqlCatalogue } from './read-catalogue.ts'
import { readMysqlRows } from './rows.ts'

const droppable = new Set(['table', 'view', 'sequence', 'function', 'procedure', 'event'])

/** The catalogue of MySQL and MariaDB, with definitions as SHOW CREATE writes them. */
export const mysqlCatalogue: Catalogue = {
  read: readMysqlCatalogue,
  planAlter: planMysqlAlter,
  readRows: readMysqlRows,
  holdsData: ({ type }) => type === 'table' || type === 'column' || type === 'sequence',
  dropForcibly: ({ type, drop }) =>
    droppable.has(type) ? drop.map((statement) => statement.replace(/^DROP (\w+) /, 'DROP $1 IF EXISTS ')) : [],
  findOutsideDependents,
  prepareDrop: async (database) => {
    const { rows } = await database.query('SELECT @@SESSION.foreign_key_checks')
    await database.script(['SET SESSION foreign_key_checks = 0'])
    return () => database.script([`SET SESSION foreign_key_checks = ${String(Number(rows[0]?.[0]))}`])
  },
}

/** Foreign keys of other databases' tables. */
async function findOutsideDependents(database: Database, schemas: readonly string[]): Promise<readonly string[]> {
  const markers = schemas.map(() => '?').join(', ')
  const { rows } = await database.query(
    `SELECT CONCAT(CONSTRAINT_SCHEMA, '.', TABLE_NAME, ' (', CONSTRAINT_NAME, ')') FROM information_schema.REFERENTIAL_CONSTRAINTS
  WHERE UNIQUE_CONSTRAINT_SCHEMA IN (${markers}) AND CONSTRAINT_SCHEMA NOT IN (${markers}) ORDER BY 1 LIMIT 1000`,
    [...schemas, ...schemas],
  )
  return rows.map(([name]) => String(name))
}
