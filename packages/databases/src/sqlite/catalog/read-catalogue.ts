import { objectId } from '@sluice/engine'
import type { CatalogueContents, CatalogueRequest, Database, SnapshotObject } from '@sluice/engine'
import { quotePhysicalName } from '../names.ts'
import { normalizeSql, parseTableText } from './table-text.ts'

type Row = readonly [type: string, name: string, table: string, sql: string]

/** Reads a SQLite file: its statements as they stand in `sqlite_schema`. */
export async function readSqliteCatalogue(database: Database, request: CatalogueRequest): Promise<CatalogueContents> {
  request.signal?.throwIfAborted()
  const facts = await database.readFacts([])
  // Shadow tables come with their virtual table; asked about each object, their list would be made anew each time. Names that begin with
  // sqlite_ are the library's own.
  const { rows } = await database.query(`SELECT s.type, s.name, s.tbl_name, s.sql FROM sqlite_schema s
  WHERE s.sql IS NOT NULL AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  AND s.tbl_name NOT IN (SELECT l.name FROM pragma_table_list l WHERE l.schema = 'main' AND l.type = 'shadow') ORDER BY s.rowid`)
  const all = rows as readonly Row[]
  const views = new Set(all.filter(([type]) => type === 'view').map(([, name]) => name.toLowerCase()))
  const objects = all.flatMap(([type, name, table, sql]): SnapshotObject[] => {
    if (type === 'table') return /^\s*create\s+virtual\b/i.test(sql) ? [virtualTable(name, sql)] : tableObjects(name, sql)
    const word = type.toUpperCase()
    const base = {
      schema: null,
      name,
      properties: { definition: normalizeSql(sql) },
      create: [sql],
      drop: [`DROP ${word} ${quotePhysicalName(name)}`],
    }
    if (type === 'view') return [{ ...base, type: 'view', dependsOn: [] }]
    const owner = objectId({ type: views.has(table.toLowerCase()) ? 'view' : 'table', schema: null, name: table })
    return [{ ...base, type: type === 'index' ? 'index' : 'trigger', table, dependsOn: [owner] }]
  })
  return {
    product: 'sqlite',
    serverVersion: facts.serverVersion,
    database: 'main',
    schemas: ['main'],
    isPortable: true,
    objects,
    uncarried: [],
  }
}

function virtualTable(name: string, sql: string): SnapshotObject {
  return {
    type: 'table',
    schema: null,
    name,
    properties: { virtual: normalizeSql(sql) },
    create: [sql],
    drop: [`DROP TABLE ${quotePhysicalName(name)}`],
    dependsOn: [],
  }
}

function tableObjects(name: string, sql: string): SnapshotObject[] {
  const { columns, constraints, options } = parseTableText(sql)
  const id = objectId({ type: 'table', schema: null, name })
  const table = quotePhysicalName(name)
  return [
    {
      type: 'table',
      schema: null,
      name,
      properties: { columnOrder: columns.map((column) => column.name), constraints, options },
      create: [sql],
      drop: [`DROP TABLE ${table}`],
      dependsOn: [],
    },
    ...columns.map((column): SnapshotObject => ({
      type: 'column',
      schema: null,
      table: name,
      name: column.name,
      properties: { definition: column.text },
      create: [`ALTER TABLE ${table} ADD COLUMN ${column.text}`],
      drop: [`ALTER TABLE ${table} DROP COLUMN ${quotePhysicalName(column.name)}`],
      dependsOn: [id],
      partOf: id,
    })),
  ]
}
