import type { ConditionQuery, PreconditionTest } from '@sluice/engine'
import { physicalName, quoteName } from './names.ts'

/** Catalogue queries of the preconditions that ask about objects: one row, one boolean. Names are spelt as the catalogue has them. */
export function postgresCondition(test: PreconditionTest, defaultSchema: string | undefined): ConditionQuery | undefined {
  const { attributes } = test
  const get = (name: string): string | null => {
    const value = attributes[name]
    return value === undefined || value === '' ? null : physicalName(value)
  }
  const schema = get('schemaName') ?? defaultSchema ?? null
  const table = attributes['tableName'] ?? ''
  const exists = (sql: string, values: ConditionQuery['values']): ConditionQuery => ({ sql: `SELECT EXISTS (${sql})`, values })
  switch (test.name) {
    case 'tableExists':
      return exists(`${relation} AND c.relkind IN ('r', 'p', 'f')`, [schema, get('tableName')])
    case 'viewExists':
      return exists(`${relation} AND c.relkind IN ('v', 'm')`, [schema, get('viewName')])
    case 'sequenceExists':
      return exists(`${relation} AND c.relkind = 'S'`, [schema, get('sequenceName')])
    case 'columnExists':
      return exists(
        `SELECT 1 FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3 AND a.attnum > 0 AND NOT a.attisdropped`,
        [schema, get('tableName'), get('columnName')],
      )
    case 'indexExists':
      return exists(
        `SELECT 1 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
 JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = $1 AND ($2::text IS NULL OR c.relname = $2)
 AND ($3::text IS NULL OR t.relname = $3) AND ($4::text IS NULL OR ${columnsOf('i.indrelid', 'i.indkey')} = $4)`,
        [schema, get('indexName'), get('tableName'), nameList(attributes['columnNames'])],
      )
    case 'primaryKeyExists':
      return exists(constraint('p'), [schema, get('primaryKeyName'), get('tableName'), null])
    case 'uniqueConstraintExists':
      return exists(constraint('u'), [schema, get('constraintName'), get('tableName'), nameList(attributes['columnNames'])])
    case 'foreignKeyConstraintExists':
      return exists(constraint('f'), [schema, get('foreignKeyName'), get('foreignKeyTableName'), null])
    case 'rowCount':
      return {
        sql: `SELECT count(*) = $1::bigint FROM ${qualified(attributes['schemaName'], table)}`,
        values: [attributes['expectedRows'] ?? '0'],
      }
    case 'tableIsEmpty':
      return { sql: `SELECT NOT EXISTS (SELECT 1 FROM ${qualified(attributes['schemaName'], table)})`, values: [] }
    default:
      return undefined
  }
}

const relation = `SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = $1 AND c.relname = $2`

function constraint(kind: 'p' | 'u' | 'f'): string {
  return `SELECT 1 FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
 WHERE k.contype = '${kind}' AND n.nspname = $1 AND ($2::text IS NULL OR k.conname = $2) AND ($3::text IS NULL OR t.relname = $3)
 AND ($4::text IS NULL OR ${columnsOf('k.conrelid', 'k.conkey')} = $4)`
}

/** Column names of a key, comma-separated in its order. */
function columnsOf(table: string, key: string): string {
  return `(SELECT pg_catalog.string_agg(a.attname, ',' ORDER BY u.position) FROM pg_catalog.unnest(${key}) WITH ORDINALITY AS u(number, position)
 JOIN pg_catalog.pg_attribute a ON a.attrelid = ${table} AND a.attnum = u.number)`
}

function nameList(names: string | undefined): string | null {
  if (names === undefined || names.trim() === '') return null
  return names
    .split(',')
    .map((name) => physicalName(name.trim()))
    .join(',')
}

function qualified(schema: string | undefined, table: string): string {
  return schema === undefined || schema === '' ? quoteName(table) : `${quoteName(schema)}.${quoteName(table)}`
}
