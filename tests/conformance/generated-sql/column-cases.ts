import { columns, forms, vary } from './case.ts'
import type { SqlCase } from './case.ts'

const schemas = { catalogName: ['cat'], schemaName: ['app', 'App'] }
const at = { tableName: 't', columnName: 'a' }

/** Every form of a default value, on a type that it fits and on one that it does not. */
const defaults: readonly Readonly<Record<string, unknown>>[] = [
  { type: 'varchar(10)', defaultValue: "it's" },
  { type: 'varchar(10)', defaultValue: '' },
  { type: 'varchar(10)', defaultValue: 'null' },
  { type: 'varchar(10)', defaultValue: 'NULL' },
  { type: 'varchar(10)', defaultValue: 'a\\b' },
  { type: 'varchar(10)', defaultValue: 'current_timestamp' },
  { type: 'varchar(10)', defaultValue: '5' },
  { type: 'nvarchar(10)', defaultValue: 'ü' },
  { type: 'char(3)', defaultValue: 'x' },
  { type: 'int', defaultValue: '5' },
  { type: 'int', defaultValue: '-5' },
  { type: 'int', defaultValue: 'abc' },
  { type: 'int', defaultValue: 'nextval(1)' },
  { type: 'bigint', defaultValue: '5' },
  { type: 'smallint', defaultValue: '5' },
  { type: 'decimal(5,2)', defaultValue: '1.50' },
  { type: 'double', defaultValue: '1.5' },
  { type: 'float', defaultValue: '1.5' },
  { type: 'boolean', defaultValue: 'true' },
  { type: 'boolean', defaultValue: 'FALSE' },
  { type: 'boolean', defaultValue: '1' },
  { type: 'boolean', defaultValue: '0' },
  { type: 'boolean', defaultValue: 't' },
  { type: 'boolean', defaultValue: 'yes' },
  { type: 'bit', defaultValue: '1' },
  { type: 'bit(1)', defaultValue: '0' },
  { type: 'bit(8)', defaultValue: 'b1010' },
  { type: 'timestamp', defaultValue: '2020-01-01 00:00:00' },
  { type: 'timestamp', defaultValue: 'CURRENT_TIMESTAMP' },
  { type: 'date', defaultValue: '2020-01-01' },
  { type: 'uuid', defaultValue: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6' },
  { type: 'json', defaultValue: '{}' },
  { type: 'clob', defaultValue: 'text' },
  { type: 'my_enum', defaultValue: 'x' },
  { type: 'int', defaultValueNumeric: 18 },
  { type: 'int', defaultValueNumeric: -3 },
  { type: 'int', defaultValueNumeric: 1.5 },
  { type: 'decimal(5,2)', defaultValueNumeric: '1.50' },
  { type: 'decimal(5,2)', defaultValueNumeric: '1E3' },
  { type: 'int', defaultValueNumeric: '(1+1)' },
  { type: 'int', defaultValueNumeric: 'nextval(s)' },
  { type: 'varchar(10)', defaultValueNumeric: 5 },
  { type: 'boolean', defaultValueNumeric: 0 },
  { type: 'boolean', defaultValueNumeric: 1 },
  { type: 'bit', defaultValueNumeric: 1 },
  { type: 'bit(1)', defaultValueNumeric: 0 },
  { type: 'boolean', defaultValueBoolean: true },
  { type: 'boolean', defaultValueBoolean: false },
  { type: 'bit', defaultValueBoolean: true },
  { type: 'bit(1)', defaultValueBoolean: false },
  { type: 'int', defaultValueBoolean: true },
  { type: 'tinyint(1)', defaultValueBoolean: true },
  { type: 'varchar(5)', defaultValueBoolean: true },
  { type: 'date', defaultValueDate: '2020-01-02' },
  { type: 'timestamp', defaultValueDate: '2020-01-02' },
  { type: 'timestamp', defaultValueDate: '2020-01-02T03:04:05' },
  { type: 'timestamp', defaultValueDate: '2020-01-02 03:04:05.123' },
  { type: 'timestamp', defaultValueDate: '2020-01-02T03:04:05.120' },
  { type: 'datetime', defaultValueDate: '2020-01-02T03:04:05' },
  { type: 'time', defaultValueDate: '03:04:05' },
  { type: 'date', defaultValueDate: '2020-01-02T03:04:05' },
  { type: 'timestamp', defaultValueDate: 'current_timestamp' },
  { type: 'timestamp', defaultValueDate: 'now()' },
  { type: 'date', defaultValueDate: 'CURRENT_DATE' },
  { type: 'timestamp with time zone', defaultValueDate: '2020-01-02T03:04:05' },
  { type: 'varchar(20)', defaultValueDate: '2020-01-02' },
  { type: 'timestamp', defaultValueComputed: 'CURRENT_TIMESTAMP' },
  { type: 'timestamp', defaultValueComputed: 'current_timestamp' },
  { type: 'timestamp', defaultValueComputed: 'CURRENT_TIMESTAMP(3)' },
  { type: 'timestamp(3)', defaultValueComputed: 'CURRENT_TIMESTAMP' },
  { type: 'timestamp(3)', defaultValueComputed: 'CURRENT_TIMESTAMP(3)' },
  { type: 'datetime', defaultValueComputed: 'CURRENT_TIMESTAMP' },
  { type: 'datetime(6)', defaultValueComputed: 'CURRENT_TIMESTAMP(6)' },
  { type: 'datetime', defaultValueComputed: 'CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP' },
  { type: 'timestamp', defaultValueComputed: 'now()' },
  { type: 'timestamp', defaultValueComputed: 'NOW()' },
  { type: 'timestamp', defaultValueComputed: 'current_datetime' },
  { type: 'timestamp', defaultValueComputed: 'SYSDATE' },
  { type: 'timestamp', defaultValueComputed: 'getdate()' },
  { type: 'date', defaultValueComputed: 'CURRENT_DATE' },
  { type: 'uuid', defaultValueComputed: 'gen_random_uuid()' },
  { type: 'varchar(20)', defaultValueComputed: "upper('x')" },
  { type: 'varchar(20)', defaultValueComputed: 'NULL' },
  { type: 'int', defaultValueComputed: '(1+1)' },
  { type: 'bigint', defaultValueSequenceNext: 'seq_a' },
  { type: 'bigint', defaultValueSequenceNext: 'app.seq_a' },
  { type: 'bigint', defaultValueSequenceNext: 'Seq' },
  { type: 'int', defaultValueNumeric: 1, defaultValueConstraintName: 'df_a' },
]

function defaultLabel({ type, ...rest }: Readonly<Record<string, unknown>>): string {
  return `${String(type)} ${Object.entries(rest)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ')}`
}

const defaultCases: readonly SqlCase[] = defaults.flatMap((column) => {
  const { type, ...value } = column
  return [
    {
      id: `createTable default ${defaultLabel(column)}`,
      change: { createTable: { tableName: 't', columns: columns({ name: 'a', ...column }) } },
    },
    {
      id: `addColumn default ${defaultLabel(column)}`,
      change: { addColumn: { tableName: 't', columns: columns({ name: 'a', ...column }) } },
    },
    { id: `addDefaultValue ${defaultLabel(column)}`, change: { addDefaultValue: { ...at, columnDataType: type, ...value } } },
  ]
})

const int = { name: 'a', type: 'int' }

function added(list: Readonly<Record<string, Readonly<Record<string, unknown>>>>): SqlCase[] {
  return Object.entries(list).map(([what, column]) => ({
    id: `addColumn: ${what}`,
    change: { addColumn: { tableName: 't', columns: columns(column) } },
  }))
}

export const columnCases: readonly SqlCase[] = [
  ...defaultCases,
  ...vary('addColumn', { tableName: 't', columns: columns(int) }, schemas),
  ...added({
    'not null': { ...int, constraints: { nullable: false } },
    null: { ...int, constraints: { nullable: true } },
    'named not null': { ...int, constraints: { nullable: false, notNullConstraintName: 'nn_a' } },
    'not null with default': { ...int, defaultValueNumeric: 3, constraints: { nullable: false } },
    'not null with value': { ...int, valueNumeric: 3, constraints: { nullable: false } },
    'primary key': { ...int, constraints: { primaryKey: true } },
    'named primary key': { ...int, constraints: { primaryKey: true, primaryKeyName: 'pk_a' } },
    unique: { ...int, constraints: { unique: true } },
    'named unique': { ...int, constraints: { unique: true, uniqueConstraintName: 'uq_a' } },
    references: { ...int, constraints: { foreignKeyName: 'fk_a', references: 'other(id)' } },
    'references with schema': { ...int, constraints: { foreignKeyName: 'fk_a', references: 'app.other(id)' } },
    'referenced table': {
      ...int,
      constraints: { foreignKeyName: 'fk_a', referencedTableName: 'other', referencedColumnNames: 'id' },
    },
    'referenced table in schema': {
      ...int,
      constraints: {
        foreignKeyName: 'fk_a',
        referencedTableSchemaName: 'app',
        referencedTableName: 'other',
        referencedColumnNames: 'id',
      },
    },
    'delete cascade': { ...int, constraints: { foreignKeyName: 'fk_a', references: 'other(id)', deleteCascade: true } },
    deferrable: {
      ...int,
      constraints: { foreignKeyName: 'fk_a', references: 'other(id)', deferrable: true, initiallyDeferred: true },
    },
    check: { ...int, constraints: { checkConstraint: 'a > 0' } },
    autoIncrement: { name: 'a', type: 'bigint', autoIncrement: true },
    'autoIncrement key': { name: 'a', type: 'bigint', autoIncrement: true, constraints: { primaryKey: true } },
    'autoIncrement from': { name: 'a', type: 'bigint', autoIncrement: true, startWith: 10, incrementBy: 2 },
    remarks: { ...int, remarks: "it's" },
    'remarks and default': { ...int, remarks: 'r', defaultValueNumeric: 3, constraints: { nullable: false } },
    afterColumn: { ...int, afterColumn: 'b' },
    beforeColumn: { ...int, beforeColumn: 'b' },
    position: { ...int, position: 1 },
    'position 2': { ...int, position: 2 },
    value: { ...int, value: '5' },
    'value text': { name: 'a', type: 'varchar(10)', value: "it's" },
    valueNumeric: { ...int, valueNumeric: 5 },
    valueBoolean: { name: 'a', type: 'boolean', valueBoolean: true },
    valueDate: { name: 'a', type: 'date', valueDate: '2020-01-02' },
    valueComputed: { name: 'a', type: 'varchar(10)', valueComputed: 'upper(b)' },
    'mixed case': { name: 'Mixed', type: 'int', remarks: 'r', constraints: { unique: true } },
  }),
  ...forms('addColumn', {
    'several columns': {
      tableName: 't',
      columns: columns(
        int,
        { name: 'b', type: 'varchar(5)', defaultValue: 'x' },
        { name: 'c', type: 'int', valueNumeric: 1, remarks: 'r' },
      ),
    },
    'several with keys': {
      tableName: 't',
      schemaName: 'app',
      columns: columns(
        { ...int, constraints: { unique: true, uniqueConstraintName: 'uq_a' } },
        { name: 'b', type: 'int', constraints: { foreignKeyName: 'fk_b', references: 'other(id)' } },
        { name: 'c', type: 'int', constraints: { nullable: false } },
      ),
    },
  }),
  ...vary('dropColumn', { tableName: 't', columnName: 'a' }, { ...schemas, columnName: ['A b', 'order'] }),
  ...forms('dropColumn', { several: { tableName: 't', columns: columns({ name: 'a' }, { name: 'B' }) } }),
  ...vary(
    'renameColumn',
    { tableName: 't', oldColumnName: 'a', newColumnName: 'b', columnDataType: 'int' },
    { ...schemas, newColumnName: ['B b', 'Mixed'], remarks: ['hello'], columnDataType: ['varchar(10)', 'boolean'] },
  ),
  ...forms('renameColumn', { 'without type': { tableName: 't', oldColumnName: 'a', newColumnName: 'b' } }),
  ...vary(
    'modifyDataType',
    { ...at, newDataType: 'int' },
    {
      ...schemas,
      newDataType: [
        'varchar(40)',
        'datetime',
        'boolean',
        'decimal(10, 2)',
        'clob',
        'my_type',
        'timestamp(3)',
        'varchar(10) NOT NULL',
      ],
    },
  ),
  ...vary(
    'mergeColumns',
    {
      tableName: 't',
      column1Name: 'a',
      column2Name: 'b',
      finalColumnName: 'c',
      finalColumnType: 'varchar(100)',
      joinString: '-',
    },
    { ...schemas, joinString: ["it's", '', ' '], finalColumnName: ['C c', 'a'] },
  ),
  ...vary(
    'setColumnRemarks',
    { ...at, remarks: 'x', columnDataType: 'int' },
    { ...schemas, remarks: ["it's"], columnDataType: ['varchar(20)'], columnParentType: ['TABLE', 'VIEW'] },
  ),
  ...forms('setColumnRemarks', { 'without type': { ...at, remarks: 'x' } }),
  ...vary(
    'addAutoIncrement',
    { tableName: 't', columnName: 'id', columnDataType: 'int' },
    {
      ...schemas,
      columnDataType: ['bigint', 'varchar(5)'],
      startWith: [100],
      incrementBy: [10],
      defaultOnNull: [true],
      generationType: ['ALWAYS', 'BY DEFAULT'],
    },
  ),
  ...forms('addAutoIncrement', {
    'without type': { tableName: 't', columnName: 'id' },
    'from and by': { tableName: 't', columnName: 'id', columnDataType: 'int', startWith: 100, incrementBy: 10 },
  }),
  ...vary('addDefaultValue', { ...at, columnDataType: 'int', defaultValueNumeric: 5 }, schemas),
  ...forms('addDefaultValue', {
    'number without type': { ...at, defaultValueNumeric: 5 },
    'text without type': { ...at, defaultValue: 'x' },
    'boolean without type': { ...at, defaultValueBoolean: true },
    'date without type': { ...at, defaultValueDate: '2020-01-02' },
    'computed without type': { ...at, defaultValueComputed: 'CURRENT_TIMESTAMP' },
    'sequence without type': { ...at, defaultValueSequenceNext: 'seq_a' },
    'sequence in schema': { ...at, schemaName: 'app', columnDataType: 'bigint', defaultValueSequenceNext: 'seq_a' },
    nothing: { ...at, columnDataType: 'int' },
  }),
  ...vary('dropDefaultValue', { ...at, columnDataType: 'int' }, { ...schemas, columnDataType: ['varchar(10)', 'boolean'] }),
  ...forms('dropDefaultValue', { 'without type': at }),
  ...vary(
    'addNotNullConstraint',
    { ...at, columnDataType: 'int' },
    {
      ...schemas,
      defaultNullValue: ['0', "it's", 'now()', 'true'],
      constraintName: ['nn_a'],
      validate: [true, false],
      columnDataType: ['varchar(10)', 'timestamp', 'boolean'],
    },
  ),
  ...forms('addNotNullConstraint', {
    'without type': at,
    'text for nulls': { ...at, columnDataType: 'varchar(10)', defaultNullValue: "it's" },
    'date for nulls': { ...at, columnDataType: 'timestamp', defaultNullValue: '2020-01-02' },
    'boolean for nulls': { ...at, columnDataType: 'boolean', defaultNullValue: 'true' },
  }),
  ...vary(
    'dropNotNullConstraint',
    { ...at, columnDataType: 'int' },
    { ...schemas, constraintName: ['nn_a'], columnDataType: ['varchar(10)', 'timestamp'] },
  ),
  ...forms('dropNotNullConstraint', { 'without type': at }),
]
