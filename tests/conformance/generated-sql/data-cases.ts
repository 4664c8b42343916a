import { columns, forms, vary } from './case.ts'
import type { SqlCase } from './case.ts'

const schemas = { catalogName: ['cat'], schemaName: ['app', 'App'] }

/** Every form in which a column of insert and update can have its value. */
const values: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { value: "Ann's" },
  { value: '' },
  { value: 'NULL' },
  { value: 'null' },
  { value: true },
  { value: 5 },
  { value: 'multi\nline' },
  { value: 'back\\slash' },
  { value: "\\'" },
  { value: 'ünï 😀' },
  { value: '2020-01-02' },
  { value: '%_' },
  { valueNumeric: 33 },
  { valueNumeric: -3 },
  { valueNumeric: 1.5 },
  { valueNumeric: '1.50' },
  { valueNumeric: '1E3' },
  { valueNumeric: '12345678901234567890.123' },
  { valueNumeric: '(1+1)' },
  { valueNumeric: 'a + 1' },
  { valueNumeric: 'null' },
  { valueBoolean: true },
  { valueBoolean: false },
  { valueDate: '2001-02-03' },
  { valueDate: '2001-02-03T04:05:06' },
  { valueDate: '2001-02-03 04:05:06' },
  { valueDate: '2001-02-03 04:05:06.789' },
  { valueDate: '2001-02-03T04:05:06.700' },
  { valueDate: '04:05:06' },
  { valueDate: 'CURRENT_TIMESTAMP' },
  { valueDate: 'now()' },
  { valueDate: 'CURRENT_DATE' },
  { valueComputed: 'now()' },
  { valueComputed: 'CURRENT_TIMESTAMP' },
  { valueComputed: 'CURRENT_TIMESTAMP(3)' },
  { valueComputed: "(select max(id) from t where x = 'a')" },
  { valueSequenceNext: 'seq_a' },
  { valueSequenceNext: 'app.seq_a' },
  { valueSequenceNext: 'Seq' },
  { valueSequenceCurrent: 'seq_a' },
  { valueClobFile: 'text.txt' },
  { valueBlobFile: 'bytes.bin' },
  { type: 'boolean', value: 'true' },
  { type: 'int', value: '5' },
  { type: 'date', value: '2020-01-02' },
]

function label(value: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(value)
  return entries.length === 0 ? 'nothing' : entries.map(([name, one]) => `${name}=${JSON.stringify(one)}`).join(' ')
}

const load = { tableName: 'person', file: 'people.csv' }

export const dataCases: readonly SqlCase[] = [
  ...values.flatMap((value) => [
    { id: `insert ${label(value)}`, change: { insert: { tableName: 't', columns: columns({ name: 'a', ...value }) } } },
    {
      id: `update ${label(value)}`,
      change: { update: { tableName: 't', columns: columns({ name: 'a', ...value }), where: 'id = 1' } },
    },
    {
      id: `where parameter ${label(value)}`,
      change: { delete: { tableName: 't', where: 'a = :value', whereParams: [{ param: { name: 'a', ...value } }] } },
    },
  ]),
  ...vary(
    'insert',
    { tableName: 'person', columns: columns({ name: 'a', value: 'x' }, { name: 'Or der', valueNumeric: 1 }) },
    {
      ...schemas,
      tableName: ['Person'],
      dbms: ['postgresql', 'mysql, mariadb', '!sqlite', 'none', 'all'],
    },
  ),
  ...vary(
    'update',
    { tableName: 'person', columns: columns({ name: 'b', value: 'x' }, { name: 'a', valueNumeric: 1 }) },
    {
      ...schemas,
      where: ["name = 'Ann'", ' a = 1 ', 'a = 1;', ''],
    },
  ),
  ...forms('update', {
    'where with parameters': {
      tableName: 't',
      columns: columns({ name: 'a', value: 'b' }),
      where: ':name = :value and x = :value',
      whereParams: [{ param: { name: 'id', valueNumeric: 5 } }, { param: { value: "it's" } }],
    },
    'more placeholders than parameters': {
      tableName: 't',
      columns: columns({ name: 'a', value: 'b' }),
      where: ':name = :value and :name = :value',
      whereParams: [{ param: { name: 'Id', valueNumeric: 5 } }],
    },
  }),
  ...vary('delete', { tableName: 'person' }, { ...schemas, where: ['age < 3', 'a = 1;', ''] }),
  ...vary('loadData', load, {
    ...schemas,
    encoding: ['UTF-8'],
    commentLineStartsWith: ['#', '//'],
    usePreparedStatements: [false],
    separator: [','],
    quotchar: ['"'],
    file: ['semicolon.csv', 'single.csv'],
  }),
  ...forms('loadData', {
    semicolons: { tableName: 'person', file: 'semicolon.csv', separator: ';', usePreparedStatements: false },
    'single quotes': { tableName: 'person', file: 'single.csv', quotchar: "'", usePreparedStatements: false },
    tabs: { tableName: 'person', file: 'tabs.csv', separator: '\\t', usePreparedStatements: false },
    latin1: { tableName: 'person', file: 'latin1.csv', encoding: 'ISO-8859-1', usePreparedStatements: false },
    'without prepared statements': { ...load, usePreparedStatements: false },
    'typed columns': {
      ...load,
      file: 'typed.csv',
      usePreparedStatements: false,
      columns: columns(
        { name: 'id', type: 'NUMERIC' },
        { name: 'name', type: 'STRING' },
        { name: 'active', type: 'BOOLEAN' },
        { name: 'born', type: 'DATE' },
        { name: 'at', type: 'DATE' },
        { name: 'calc', type: 'COMPUTED' },
        { name: 'ignored', type: 'SKIP' },
        { name: 'note', type: 'STRING' },
        { name: 'ref', type: 'UUID' },
        { name: 'other', type: 'OTHER' },
      ),
    },
    'many rows': {
      tableName: 'numbers',
      file: 'many.csv',
      usePreparedStatements: false,
      columns: columns({ name: 'n', type: 'NUMERIC' }),
    },
    'texts from files': {
      tableName: 'texts',
      file: 'lobs.csv',
      columns: columns({ name: 'id', type: 'NUMERIC' }, { name: 'body', type: 'CLOB' }, { name: 'bytes', type: 'BLOB' }),
    },
    'renamed columns': {
      ...load,
      usePreparedStatements: false,
      columns: columns(
        { header: 'id', name: 'person_id', type: 'NUMERIC' },
        { index: 1, name: 'full_name', type: 'STRING' },
        { name: 'age', type: 'NUMERIC' },
      ),
    },
    'defaults for missing values': {
      ...load,
      file: 'gaps.csv',
      usePreparedStatements: false,
      columns: columns(
        { name: 'id', type: 'NUMERIC' },
        { name: 'name', type: 'STRING', defaultValue: 'nobody' },
        { name: 'age', type: 'NUMERIC', defaultValueNumeric: 18 },
        { name: 'active', type: 'BOOLEAN', defaultValueBoolean: true },
      ),
    },
    'unusual values': { ...load, file: 'unusual.csv', usePreparedStatements: false },
    'a type of the database': {
      ...load,
      usePreparedStatements: false,
      columns: columns({ name: 'id', type: 'int' }, { name: 'name', type: 'varchar(50)' }, { name: 'age', type: 'int' }),
    },
    'a value for a column that the file lacks': {
      ...load,
      usePreparedStatements: false,
      columns: columns(
        { name: 'id', type: 'NUMERIC' },
        { name: 'name', type: 'STRING' },
        { name: 'age', type: 'NUMERIC' },
        { name: 'city', type: 'STRING', defaultValue: 'Rome' },
      ),
    },
    sequence: {
      ...load,
      usePreparedStatements: false,
      columns: columns(
        { name: 'id', type: 'SEQUENCE', valueSequenceNext: 's' },
        { name: 'name', type: 'STRING' },
        { name: 'age', type: 'NUMERIC' },
      ),
    },
  }),
  ...vary(
    'loadUpdateData',
    { ...load, primaryKey: 'id' },
    { ...schemas, onlyUpdate: [true, false], primaryKey: ['id,name'], usePreparedStatements: [false] },
  ),
  ...forms('loadUpdateData', {
    'typed columns': {
      ...load,
      primaryKey: 'id',
      columns: columns(
        { name: 'id', type: 'NUMERIC' },
        { name: 'name', type: 'STRING' },
        { name: 'age', type: 'STRING', allowUpdate: false },
      ),
    },
    'text key': {
      ...load,
      primaryKey: 'name',
      columns: columns({ name: 'id', type: 'NUMERIC' }, { name: 'name', type: 'STRING' }, { name: 'age', type: 'NUMERIC' }),
    },
    'only keys': { ...load, file: 'keys.csv', primaryKey: 'id' },
  }),
  ...vary(
    'sql',
    { sql: 'select 1; select 2;' },
    {
      splitStatements: [true, false],
      stripComments: [true, false],
      endDelimiter: [';', '/', 'GO'],
      dbms: ['mysql', 'postgresql, h2', '!postgresql'],
      comment: ['why'],
      sql: [
        'select 1 -- x\n; select /* y */ 2;',
        'select \';\'; select "a;b"',
        'select 1\n/\nselect 2\n/',
        'select 1\nGO\nselect 2\nGO',
      ],
    },
  ),
  ...vary(
    'sqlFile',
    { path: 'script.sql' },
    { splitStatements: [true, false], stripComments: [true, false], dbms: ['mysql', 'postgresql'], encoding: ['UTF-8'] },
  ),
  ...vary('empty', {}),
  ...vary('output', { message: 'hello' }, { target: ['STDOUT', 'STDERR', 'info'] }),
  ...vary('tagDatabase', { tag: 'v1' }, { keepTagOnRollback: [true] }),
]
