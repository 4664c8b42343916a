import type { ConditionQuery, PreconditionTest } from '@sluice/engine'
import { physicalName, quoteName } from './names.ts'

/**
 * Questions of the preconditions that ask about objects: one row, one number that is 1 when it holds. Case never counts. Constraints
 * have no catalogue here: keys are found by their columns, and by their names in the text that made the table.
 */
export function sqliteCondition(test: PreconditionTest): ConditionQuery | undefined {
  const { attributes } = test
  const get = (name: string): string | null => {
    const value = attributes[name]
    return value === undefined || value === '' ? null : physicalName(value)
  }
  const exists = (sql: string, values: ConditionQuery['values']): ConditionQuery => ({ sql: `SELECT EXISTS (${sql})`, values })
  const table = get('tableName')
  switch (test.name) {
    case 'tableExists':
      return exists(object('table'), [table])
    case 'viewExists':
      return exists(object('view'), [get('viewName')])
    case 'sequenceExists':
      // There are none.
      return { sql: 'SELECT 0', values: [] }
    case 'columnExists':
      return exists('SELECT 1 FROM pragma_table_xinfo(?) WHERE lower(name) = lower(?)', [table, get('columnName')])
    case 'indexExists':
      return exists(indexes(''), [get('indexName'), table, nameList(attributes['columnNames'])])
    case 'uniqueConstraintExists':
      // An index of a constraint has a made-up name, so the constraint's name is looked up in the table's text.
      return exists(
        `SELECT 1 FROM sqlite_schema t WHERE t.type = 'table' AND (?2 IS NULL OR lower(t.name) = lower(?2))
 AND (?1 IS NULL OR ${namesConstraint('?1')} OR EXISTS (SELECT 1 FROM pragma_index_list(t.name) n WHERE n."unique" AND lower(n.name) = lower(?1)))
 AND EXISTS (SELECT 1 FROM pragma_index_list(t.name) l WHERE l."unique" AND l.origin <> 'pk' AND (?3 IS NULL OR ${columnsOf('l.name')} = lower(?3)))`,
        [get('constraintName'), table, nameList(attributes['columnNames'])],
      )
    case 'primaryKeyExists':
      return exists(
        `SELECT 1 FROM sqlite_schema t WHERE t.type = 'table' AND (?2 IS NULL OR lower(t.name) = lower(?2))
 AND (?1 IS NULL OR ?2 IS NOT NULL OR ${namesConstraint('?1')}) AND EXISTS (SELECT 1 FROM pragma_table_info(t.name) c WHERE c.pk > 0)`,
        [get('primaryKeyName'), table],
      )
    case 'foreignKeyConstraintExists':
      return exists(
        `SELECT 1 FROM sqlite_schema t WHERE t.type = 'table' AND (?2 IS NULL OR lower(t.name) = lower(?2))
 AND (?1 IS NULL OR ${namesConstraint('?1')}) AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(t.name))`,
        [get('foreignKeyName'), get('foreignKeyTableName')],
      )
    case 'rowCount':
      return {
        sql: `SELECT count(*) = CAST(? AS INTEGER) FROM ${quoteName(attributes['tableName'] ?? '')}`,
        values: [attributes['expectedRows'] ?? '0'],
      }
    case 'tableIsEmpty':
      return { sql: `SELECT NOT EXISTS (SELECT 1 FROM ${quoteName(attributes['tableName'] ?? '')})`, values: [] }
    default:
      return undefined
  }
}

function object(type: 'table' | 'view'): string {
  return `SELECT 1 FROM sqlite_schema WHERE type = '${type}' AND lower(name) = lower(?)`
}

function indexes(more: string): string {
  return `SELECT 1 FROM sqlite_schema t, pragma_index_list(t.name) l WHERE t.type = 'table' AND (?1 IS NULL OR lower(l.name) = lower(?1))
 AND (?2 IS NULL OR lower(t.name) = lower(?2)) AND (?3 IS NULL OR ${columnsOf('l.name')} = lower(?3))${more}`
}

function columnsOf(index: string): string {
  return `(SELECT lower(group_concat(name, ',')) FROM (SELECT name FROM pragma_index_info(${index}) ORDER BY seqno))`
}

/** `CONSTRAINT name` in the text of the table, quoted in any way or not at all. */
function namesConstraint(name: string): string {
  const text = `replace(replace(replace(replace(replace(lower(t.sql), '"', ' '), '\`', ' '), '[', ' '), ']', ' '), char(10), ' ')`
  return `instr(replace(replace(replace(${text}, '   ', ' '), '  ', ' '), '  ', ' '), 'constraint ' || lower(${name}) || ' ') > 0`
}

function nameList(names: string | undefined): string | null {
  if (names === undefined || names.trim() === '') return null
  return names
    .split(',')
    .map((name) => physicalName(name.trim()))
    .join(',')
}
