import { columns } from './case.ts'
import type { SqlCase } from './case.ts'

const strategies = ['LEGACY', 'QUOTE_ALL_OBJECTS', 'QUOTE_ONLY_RESERVED_WORDS'] as const
const names = [
  'abc',
  'Abc',
  'ABC',
  'a b',
  'a-b',
  '1abc',
  'a.b',
  'a$b',
  'a#b',
  'a"b',
  '[a]',
  'ä',
  '_a',
  "a'b",
  'order',
  'USER',
  'Group',
  'key',
  'value',
  'rank',
  'system',
]

/** Names of every kind under every quoting strategy, in each place where a name can stand. */
export const quotingCases: readonly SqlCase[] = strategies.flatMap((objectQuotingStrategy) =>
  [
    ...names.flatMap((name) => [
      quoted(`table and column ${name}`, {
        createTable: { tableName: name, columns: columns({ name, type: 'int', remarks: 'r' }) },
      }),
      quoted(`index ${name}`, { createIndex: { tableName: name, indexName: name, columns: columns({ name }) } }),
      quoted(`insert into ${name}`, { insert: { schemaName: name, tableName: name, columns: columns({ name, value: name }) } }),
      quoted(`foreign key ${name}`, {
        addForeignKeyConstraint: {
          baseTableName: name,
          baseColumnNames: name,
          constraintName: name,
          referencedTableName: name,
          referencedColumnNames: name,
        },
      }),
    ]),
    quoted('key', {
      createTable: { tableName: 'person', columns: columns({ name: 'id', type: 'int', constraints: { primaryKey: true } }) },
    }),
    quoted('identity', {
      createTable: {
        tableName: 'person',
        columns: columns({ name: 'id', type: 'int', autoIncrement: true, constraints: { primaryKey: true } }),
      },
    }),
    quoted('view', { createView: { viewName: 'v', selectQuery: 'select 1', remarks: 'r' } }),
    quoted('rename', { renameColumn: { tableName: 't', oldColumnName: 'a', newColumnName: 'b', columnDataType: 'int' } }),
    quoted('default', {
      addDefaultValue: { tableName: 't', columnName: 'a', columnDataType: 'int', defaultValueSequenceNext: 'seq' },
    }),
    quoted('sequence', { createSequence: { sequenceName: 'seq' } }),
    quoted('not null', {
      addNotNullConstraint: { tableName: 't', columnName: 'a', columnDataType: 'int', defaultNullValue: '1' },
    }),
  ].map((one) => ({ ...one, id: `${objectQuotingStrategy}: ${one.id}`, objectQuotingStrategy })),
)

function quoted(id: string, change: Readonly<Record<string, unknown>>): SqlCase {
  return { id, change }
}
