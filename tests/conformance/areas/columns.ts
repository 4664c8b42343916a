import type { ChangesetArea } from '../framework/model.ts'
import { casesOf, column, id, insert, label, plainId, table, value } from './variants.ts'

const rows = [
  table('$t', id, label, column('price', 'decimal(10,2)')),
  insert('$t', value('id', { valueNumeric: 1 }), value('label', { value: 'one' }), value('price', { valueNumeric: 1.5 })),
  insert('$t', value('id', { valueNumeric: 2 })),
]
const withDefault = [table('$t', id, column('n', 'int', { defaultValueNumeric: 4 }))]

export const columns: ChangesetArea = {
  area: 'columns',
  kind: 'changesets',
  format: 'yaml',
  cases: casesOf(
    {
      change: 'addColumn',
      given: rows,
      base: { tableName: '$t', columns: [column('added', 'int')] },
      variants: {
        two: { columns: [column('a', 'int'), column('b', 'varchar(10)')] },
        default: { columns: [column('a', 'varchar(10)', { defaultValue: 'x' })] },
        'default-numeric': { columns: [column('a', 'int', { defaultValueNumeric: 3 })] },
        'default-boolean': { columns: [column('a', 'boolean', { defaultValueBoolean: true })] },
        'default-date': { columns: [column('a', 'date', { defaultValueDate: '2001-02-03' })] },
        'not-null-default': { columns: [column('a', 'int', { defaultValueNumeric: 3, constraints: { nullable: false } })] },
        'not-null-value': { columns: [column('a', 'int', { valueNumeric: 3, constraints: { nullable: false } })] },
        value: { columns: [column('a', 'varchar(10)', { value: 'v' })] },
        'value-numeric': { columns: [column('a', 'int', { valueNumeric: 5 })] },
        'value-boolean': { columns: [column('a', 'boolean', { valueBoolean: true })] },
        'value-date': { columns: [column('a', 'date', { valueDate: '2001-02-03' })] },
        'value-computed': { columns: [column('a', 'varchar(40)', { valueComputed: 'upper(label)' })] },
        remarks: { columns: [column('a', 'int', { remarks: 'r' })] },
        unique: { columns: [column('a', 'int', { constraints: { unique: true, uniqueConstraintName: '$t_uq' } })] },
        'foreign-key': { columns: [column('a', 'int', { constraints: { foreignKeyName: '$t_fk', references: '$t(id)' } })] },
        'after-column': { columns: [column('a', 'int', { afterColumn: 'id' })] },
        'before-column': { columns: [column('a', 'int', { beforeColumn: 'label' })] },
        position: { columns: [column('a', 'int', { position: 1 })] },
        'auto-increment': { columns: [column('a', 'int', { autoIncrement: true })] },
        exists: { columns: [column('label', 'int')] },
        'no-table': { tableName: '$t_none' },
      },
    },
    {
      change: 'dropColumn',
      given: rows,
      base: { tableName: '$t', columnName: 'price' },
      variants: {
        list: { columnName: undefined, columns: [{ column: { name: 'price' } }, { column: { name: 'label' } }] },
        missing: { columnName: 'nope' },
      },
    },
    {
      change: 'renameColumn',
      given: rows,
      base: { tableName: '$t', oldColumnName: 'label', newColumnName: 'name', columnDataType: 'varchar(40)' },
      variants: { remarks: { remarks: 'renamed' }, 'no-type': { columnDataType: undefined }, missing: { oldColumnName: 'nope' } },
    },
    {
      change: 'modifyDataType',
      given: rows,
      base: { tableName: '$t', columnName: 'label', newDataType: 'varchar(80)' },
      variants: {
        text: { newDataType: 'clob' },
        numeric: { columnName: 'price', newDataType: 'decimal(12,3)' },
        missing: { columnName: 'nope' },
      },
    },
    {
      change: 'mergeColumns',
      given: [
        table('$t', id, column('a', 'varchar(10)'), column('b', 'varchar(10)')),
        insert('$t', value('id', { valueNumeric: 1 }), value('a', { value: 'x' }), value('b', { value: 'y' })),
      ],
      base: {
        tableName: '$t',
        column1Name: 'a',
        joinString: ' ',
        column2Name: 'b',
        finalColumnName: 'c',
        finalColumnType: 'varchar(30)',
      },
      variants: { quote: { joinString: "'" }, 'no-join': { joinString: undefined } },
    },
    {
      change: 'setColumnRemarks',
      given: rows,
      base: { tableName: '$t', columnName: 'label', remarks: "it's", columnDataType: 'varchar(40)' },
      variants: { 'no-type': { columnDataType: undefined }, 'parent-type': { columnParentType: 'TABLE' } },
    },
    {
      change: 'addAutoIncrement',
      given: [table('$t', column('id', 'int', { constraints: { primaryKey: true, nullable: false } }), label)],
      base: { tableName: '$t', columnName: 'id', columnDataType: 'int' },
      variants: {
        start: { startWith: 100 },
        step: { startWith: 100, incrementBy: 10 },
        always: { generationType: 'ALWAYS' },
        'on-null': { generationType: 'BY DEFAULT', defaultOnNull: true },
        'no-type': { columnDataType: undefined },
      },
    },
    {
      change: 'addDefaultValue',
      given: rows,
      base: { tableName: '$t', columnName: 'label', columnDataType: 'varchar(40)' },
      variants: {
        text: { defaultValue: "o'x" },
        'null-text': { defaultValue: 'null' },
        numeric: { columnName: 'price', columnDataType: 'decimal(10,2)', defaultValueNumeric: 2.5 },
        'numeric-zero': { columnName: 'price', defaultValueNumeric: '0' },
        boolean: { columnName: 'price', columnDataType: 'boolean', defaultValueBoolean: true },
        date: { columnDataType: 'date', defaultValueDate: '2001-02-03' },
        computed: { defaultValueComputed: 'CURRENT_TIMESTAMP' },
        'constraint-name': { defaultValue: 'x', defaultValueConstraintName: '$t_df' },
        'no-type': { columnDataType: undefined, defaultValue: 'x' },
      },
    },
    {
      change: 'dropDefaultValue',
      given: withDefault,
      base: { tableName: '$t', columnName: 'n', columnDataType: 'int' },
      variants: { 'no-type': { columnDataType: undefined }, missing: { columnName: 'nope' } },
    },
    {
      change: 'addNotNullConstraint',
      given: [table('$t', plainId, label), insert('$t', value('id', { valueNumeric: 1 }))],
      base: { tableName: '$t', columnName: 'id', columnDataType: 'int' },
      variants: {
        'default-null-value': { columnName: 'label', columnDataType: 'varchar(40)', defaultNullValue: 'none' },
        'constraint-name': { constraintName: '$t_nn' },
        'no-validate': { validate: false },
        'has-nulls': { columnName: 'label', columnDataType: 'varchar(40)' },
        'no-type': { columnDataType: undefined },
      },
    },
    {
      change: 'dropNotNullConstraint',
      given: [table('$t', column('n', 'int', { constraints: { nullable: false } }), label)],
      base: { tableName: '$t', columnName: 'n', columnDataType: 'int' },
      variants: { 'constraint-name': { constraintName: '$t_nn' }, 'no-type': { columnDataType: undefined } },
    },
  ),
}
