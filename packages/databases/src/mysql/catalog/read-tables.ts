import { objectId } from '@sluice/engine'
import type { ObjectType, SnapshotObject } from '@sluice/engine'
import type { MysqlReading } from './read-catalogue.ts'
import { parseTableText, quote, withoutDatabase, withoutDefiner } from './table-text.ts'
import type { TableText } from './table-text.ts'

type Naming = Pick<MysqlReading, 'isPortable' | 'schemas'>

/** A name as statements need it. */
export function qualified({ isPortable }: Naming, schema: string, name: string): string {
  return isPortable ? quote(name) : `${quote(schema)}.${quote(name)}`
}

export function schemaOf({ isPortable }: Naming, schema: string): string | null {
  return isPortable ? null : schema
}

/** Dependencies on the schema itself, where that is an object. */
export function onSchema({ isPortable }: Naming, schema: string): readonly string[] {
  return isPortable ? [] : [objectId({ type: 'schema', schema: null, name: schema })]
}

/** A table with its columns, keys, checks and foreign keys. */
export function tableObjects(
  reading: Naming,
  schemaName: string,
  name: string,
  sql: string,
  tables: ReadonlySet<string>,
): SnapshotObject[] {
  // Defaults name sequences with their database.
  const text = parseTableText(reading.isPortable ? withoutDatabase(sql, schemaName) : sql)
  const table = qualified(reading, schemaName, name)
  const schema = schemaOf(reading, schemaName)
  const id = objectId({ type: 'table', schema, name })
  const lines = [...text.columns, ...text.keys, ...text.checks].map((line) => line.text)
  const part = (type: ObjectType, line: { readonly name: string; readonly text: string }): SnapshotObject => ({
    type,
    schema,
    table: name,
    name: line.name,
    properties: { definition: line.text },
    create: [`ALTER TABLE ${table} ADD ${line.text}`],
    drop: [`ALTER TABLE ${table} DROP ${dropClause(type, line.name)}`],
    dependsOn: [id],
    partOf: id,
  })
  return [
    {
      type: 'table',
      schema,
      name,
      properties: {
        columnOrder: text.columns.map((column) => column.name),
        options: text.options,
        partitioning: text.partitioning ?? null,
        others: text.others,
      },
      create: [createTable(table, [...lines, ...text.others], text)],
      drop: [`DROP TABLE ${table}`],
      dependsOn: onSchema(reading, schemaName),
    },
    ...text.columns.map((column, index) => {
      const previous = text.columns[index - 1]
      const place = previous === undefined ? ' FIRST' : ` AFTER ${quote(previous.name)}`
      const before = previous === undefined ? [] : [objectId({ type: 'column', schema, table: name, name: previous.name })]
      return {
        ...part('column', column),
        create: [`ALTER TABLE ${table} ADD COLUMN ${column.text}${place}`],
        dependsOn: [id, ...before],
      }
    }),
    ...text.keys.map((key) => part(keyType(key.text), key)),
    ...text.checks.map((check) => part('check', check)),
    ...text.foreignKeys.map((key): SnapshotObject => {
      const [, of, referred = ''] = /REFERENCES (?:`((?:[^`]|``)*)`\.)?`((?:[^`]|``)*)`/.exec(key.text) ?? []
      const isHere = of === undefined || of === schemaName
      const on = isHere && tables.has(referred) ? [objectId({ type: 'table', schema, name: referred })] : []
      const definition =
        reading.isPortable || of !== undefined
          ? key.text
          : key.text.replace(' REFERENCES `', ` REFERENCES ${quote(schemaName)}.\``)
      return {
        ...withoutPart(part('foreignKey', { name: key.name, text: definition })),
        dependsOn: [id, ...on, ...(of !== undefined && !isHere ? [objectId({ type: 'table', schema: of, name: referred })] : [])],
      }
    }),
  ]
}

function withoutPart(object: SnapshotObject): SnapshotObject {
  const { partOf: _, ...rest } = object
  return rest
}

function createTable(table: string, lines: readonly string[], { options, partitioning }: TableText): string {
  const tail = `${options === '' ? '' : ` ${options}`}${partitioning === undefined ? '' : `\n${partitioning}`}`
  return `CREATE TABLE ${table} (\n${lines.map((line) => `  ${line}`).join(',\n')}\n)${tail}`
}

function keyType(text: string): ObjectType {
  return text.startsWith('PRIMARY') ? 'primaryKey' : text.startsWith('UNIQUE') ? 'unique' : 'index'
}

function dropClause(type: ObjectType, name: string): string {
  if (type === 'column') return `COLUMN ${quote(name)}`
  if (type === 'primaryKey') return 'PRIMARY KEY'
  if (type === 'check') return `CONSTRAINT ${quote(name)}`
  return type === 'foreignKey' ? `FOREIGN KEY ${quote(name)}` : `INDEX ${quote(name)}`
}

/** A view. Its text names tables and views after FROM and JOIN, and functions before a parenthesis. */
export function viewObject(
  reading: Naming,
  schemaName: string,
  name: string,
  sql: string,
  known: { readonly views: ReadonlySet<string>; readonly tables: ReadonlySet<string>; readonly functions: ReadonlySet<string> },
): SnapshotObject {
  const schema = schemaOf(reading, schemaName)
  const local = withoutDatabase(withoutDefiner(sql), schemaName)
  const definition = reading.isPortable ? local : withoutDefiner(sql)
  const code = local.replaceAll(/'(?:[^'\\]|\\.|'')*'/gs, "''")
  const dependsOn = new Set<string>(onSchema(reading, schemaName))
  for (const [, referred = ''] of code.matchAll(/(?:\bfrom|\bjoin|straight_join)\s*\(*\s*`((?:[^`]|``)*)`/gi)) {
    if (referred === name) continue
    if (known.views.has(referred)) dependsOn.add(objectId({ type: 'view', schema, name: referred }))
    else if (known.tables.has(referred)) dependsOn.add(objectId({ type: 'table', schema, name: referred }))
  }
  for (const [, called = ''] of code.matchAll(/`((?:[^`]|``)*)`\s*\(/g)) {
    if (known.functions.has(called)) dependsOn.add(objectId({ type: 'function', schema, name: called }))
  }
  return {
    type: 'view',
    schema,
    name,
    properties: { definition },
    create: [definition],
    drop: [`DROP VIEW ${qualified(reading, schemaName, name)}`],
    dependsOn: [...dependsOn],
  }
}

/** A sequence of MariaDB. */
export function sequenceObject(reading: Naming, schemaName: string, name: string, sql: string): SnapshotObject {
  const full = qualified(reading, schemaName, name)
  const options = sql.replace(/^CREATE SEQUENCE (?:`(?:[^`]|``)*`\.)?`(?:[^`]|``)*`\s*/, '').trim()
  return {
    type: 'sequence',
    schema: schemaOf(reading, schemaName),
    name,
    properties: { options },
    create: [`CREATE SEQUENCE ${full} ${options}`],
    drop: [`DROP SEQUENCE ${full}`],
    dependsOn: onSchema(reading, schemaName),
  }
}
