import { AppError } from '@sluice/base'
import type { CatalogueContents, CatalogueRequest, Database, SnapshotObject, SqlValue, UncarriedObject } from '@sluice/engine'
import { readRoutines } from './read-routines.ts'
import { sequenceObject, tableObjects, viewObject } from './read-tables.ts'

/** What all parts of one reading share. */
export interface MysqlReading {
  readonly database: Database
  readonly request: CatalogueRequest
  readonly product: 'mysql' | 'mariadb'
  readonly isPortable: boolean
  readonly schemas: readonly string[]
  /** The session's own SQL mode: routines that have it need no word about it. */
  readonly sqlMode: string
  readonly objects: SnapshotObject[]
  readonly uncarried: UncarriedObject[]
  rows(sql: string, values?: readonly SqlValue[]): Promise<readonly (readonly SqlValue[])[]>
}

const systemSchemas = new Set(['mysql', 'information_schema', 'performance_schema', 'sys'])

/**
 * Reads MySQL's or MariaDB's catalogue: lists from information_schema, definitions from SHOW CREATE, one query per object, since the server
 * has no other way to say them. There is no common view of a catalogue here: what changes meanwhile may be read half.
 */
export async function readMysqlCatalogue(database: Database, request: CatalogueRequest): Promise<CatalogueContents> {
  const head = await database.query('SELECT VERSION(), DATABASE(), @@SESSION.sql_mode, @@SESSION.sql_quote_show_create')
  const [version, current, sqlMode, quoting] = head.rows[0] ?? []
  const schemas = await findSchemas(database, request, current === null || current === undefined ? undefined : String(current))
  const reading: MysqlReading = {
    database,
    request,
    product: /mariadb/i.test(String(version)) ? 'mariadb' : 'mysql',
    isPortable: !request.isAllSchemas && request.schemas.length < 2,
    schemas,
    sqlMode: String(sqlMode),
    objects: [],
    uncarried: [],
    rows: async (sql, values) => {
      request.signal?.throwIfAborted()
      return (await database.query(sql, values)).rows
    },
  }
  // Definitions are written by the session's rules.
  await database.script(["SET SESSION sql_mode = ''", 'SET SESSION sql_quote_show_create = 1'])
  const moved = reading.isPortable && schemas[0] !== current ? schemas[0] : undefined
  try {
    if (moved !== undefined) await database.script([`USE ${quoteName(moved)}`])
    for (const schema of schemas) await readSchema(reading, schema)
  } finally {
    if (database.transactionState !== 'closed') {
      await database.script([
        ...(moved === undefined || current === null || current === undefined ? [] : [`USE ${quoteName(String(current))}`]),
        `SET SESSION sql_mode = ${database.dialect.literal(String(sqlMode))}`,
        `SET SESSION sql_quote_show_create = ${Number(quoting) === 0 ? '0' : '1'}`,
      ])
    }
  }
  return {
    product: reading.product,
    serverVersion: String(version),
    database: String(current ?? schemas[0] ?? ''),
    schemas,
    isPortable: reading.isPortable,
    objects: reading.objects,
    uncarried: reading.uncarried,
  }
}

function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

async function findSchemas(
  database: Database,
  request: CatalogueRequest,
  current: string | undefined,
): Promise<readonly string[]> {
  const { rows } = await database.query('SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME')
  const known = rows.map(([name]) => String(name)).filter((name) => !systemSchemas.has(name.toLowerCase()))
  if (request.isAllSchemas) return known
  const wanted = request.schemas.length > 0 ? request.schemas : current === undefined ? [] : [current]
  const missing = wanted.find((name) => !known.includes(name))
  if (missing !== undefined || wanted.length === 0) {
    throw new AppError('invalid', 'SCHEMA_NOT_FOUND', `There is no database "${missing ?? ''}" on the server.`, {
      hint: missing === undefined ? 'Name one in the connection URL.' : `Databases: ${known.slice(0, 50).join(', ')}.`,
    })
  }
  return wanted
}

async function readSchema(reading: MysqlReading, schema: string): Promise<void> {
  if (!reading.isPortable) {
    const [row] = await reading.rows(
      'SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?',
      [schema],
    )
    const [charset, collation] = [String(row?.[0]), String(row?.[1])]
    reading.objects.push({
      type: 'schema',
      schema: null,
      name: schema,
      properties: { characterSet: charset, collation },
      create: [`CREATE DATABASE IF NOT EXISTS ${quoteName(schema)} CHARACTER SET ${charset} COLLATE ${collation}`],
      drop: [`DROP DATABASE ${quoteName(schema)}`],
      dependsOn: [],
    })
  }
  const listed = await reading.rows(
    'SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME',
    [schema],
  )
  const names = listed.map(([name, type]) => ({ name: String(name), type: String(type) }))
  const views = new Set(names.filter(({ type }) => type.includes('VIEW')).map(({ name }) => name))
  const tables = new Set(names.filter(({ name }) => !views.has(name)).map(({ name }) => name))
  const functions = new Set(
    (
      await reading.rows(
        "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ? AND ROUTINE_TYPE = 'FUNCTION'",
        [schema],
      )
    ).map(([name]) => String(name)),
  )
  for (const { name, type } of names) {
    const full = `${quoteName(schema)}.${quoteName(name)}`
    if (type === 'SEQUENCE') {
      const [row] = await reading.rows(`SHOW CREATE SEQUENCE ${full}`)
      if (row !== undefined) reading.objects.push(sequenceObject(reading, schema, name, String(row[1])))
    } else if (views.has(name)) {
      const [row] = await reading.rows(`SHOW CREATE VIEW ${full}`)
      if (row !== undefined) reading.objects.push(viewObject(reading, schema, name, String(row[1]), { views, tables, functions }))
    } else {
      const [row] = await reading.rows(`SHOW CREATE TABLE ${full}`)
      if (row !== undefined) reading.objects.push(...tableObjects(reading, schema, name, String(row[1]), tables))
    }
  }
  await readRoutines(reading, schema)
}
