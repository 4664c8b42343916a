import type { ConditionQuery, PreconditionTest } from '@sluice/engine'
import { physicalName, quoteName } from './names.ts'

/**
 * Questions of the preconditions that ask about objects: one row, one number that is 1 when it holds. A schema is a database here, so
 * `catalogName` counts like `schemaName`. Whether letters' case matters is for the server to say.
 */
export function mysqlCondition(test: PreconditionTest, defaultSchema: string | undefined): ConditionQuery | undefined {
  const { attributes } = test
  const get = (name: string): string | null => {
    const value = attributes[name]
    return value === undefined || value === '' ? null : physicalName(value)
  }
  const schema = get('schemaName') ?? get('catalogName') ?? defaultSchema ?? null
  const exists = (sql: string, values: ConditionQuery['values']): ConditionQuery => ({ sql: `SELECT EXISTS (${sql})`, values })
  switch (test.name) {
    case 'tableExists':
      return exists(relation("IN ('BASE TABLE', 'SYSTEM VERSIONED')"), [schema, get('tableName')])
    case 'viewExists':
      return exists(relation("= 'VIEW'"), [schema, get('viewName')])
    case 'sequenceExists':
      // MariaDB lists them among the tables; MySQL has none.
      return exists(relation("= 'SEQUENCE'"), [schema, get('sequenceName')])
    case 'columnExists':
      return exists('SELECT 1 FROM information_schema.columns WHERE table_schema = ? AND table_name = ? AND column_name = ?', [
        schema,
        get('tableName'),
        get('columnName'),
      ])
    case 'indexExists':
      return exists(
        `SELECT 1 FROM information_schema.statistics WHERE table_schema = ?${optional('index_name', get('indexName'))}${optional('table_name', get('tableName'))}
 GROUP BY table_name, index_name${havingColumns(attributes['columnNames'], 'seq_in_index')}`,
        [schema, ...given(get('indexName'), get('tableName'), nameList(attributes['columnNames']))],
      )
    case 'primaryKeyExists': {
      // Every primary key is called PRIMARY: a name of its own is not kept.
      const named = get('primaryKeyName') !== null && get('tableName') === null ? ' AND FALSE' : ''
      return exists(`${constraint('PRIMARY KEY', null, get('tableName'))}${named}`, [schema, ...given(get('tableName'))])
    }
    case 'uniqueConstraintExists':
      return exists(
        `SELECT 1 FROM information_schema.statistics WHERE non_unique = 0 AND index_name <> 'PRIMARY' AND table_schema = ?` +
          `${optional('index_name', get('constraintName'))}${optional('table_name', get('tableName'))}
 GROUP BY table_name, index_name${havingColumns(attributes['columnNames'], 'seq_in_index')}`,
        [schema, ...given(get('constraintName'), get('tableName'), nameList(attributes['columnNames']))],
      )
    case 'foreignKeyConstraintExists':
      return exists(constraint('FOREIGN KEY', get('foreignKeyName'), get('foreignKeyTableName')), [
        schema,
        ...given(get('foreignKeyName'), get('foreignKeyTableName')),
      ])
    case 'rowCount':
      return {
        sql: `SELECT COUNT(*) = CAST(? AS SIGNED) FROM ${qualified(schema, attributes['tableName'] ?? '')}`,
        values: [attributes['expectedRows'] ?? '0'],
      }
    case 'tableIsEmpty':
      return { sql: `SELECT NOT EXISTS (SELECT 1 FROM ${qualified(schema, attributes['tableName'] ?? '')})`, values: [] }
    default:
      return undefined
  }
}

function relation(type: string): string {
  return `SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ? AND table_type ${type}`
}

function constraint(type: string, name: string | null, table: string | null): string {
  return `SELECT 1 FROM information_schema.table_constraints WHERE constraint_type = '${type}' AND table_schema = ?${optional('constraint_name', name)}${optional('table_name', table)}`
}

function optional(column: string, value: string | null): string {
  return value === null ? '' : ` AND ${column} = ?`
}

function given(...values: readonly (string | null)[]): readonly string[] {
  return values.filter((value) => value !== null)
}

function havingColumns(names: string | undefined, order: string): string {
  return nameList(names) === null ? '' : ` HAVING LOWER(GROUP_CONCAT(column_name ORDER BY ${order})) = LOWER(?)`
}

function nameList(names: string | undefined): string | null {
  if (names === undefined || names.trim() === '') return null
  return names
    .split(',')
    .map((name) => physicalName(name.trim()))
    .join(',')
}

function qualified(schema: string | null, table: string): string {
  return schema === null ? quoteName(table) : `${quoteName(schema)}.${quoteName(table)}`
}
