import { columns, forms, vary } from './case.ts'
import type { SqlCase } from './case.ts'

const id = { name: 'id', type: 'int' }

/** createTable with one column: each attribute of a column, of its constraints and of the table. */
const createTable: readonly SqlCase[] = [
  ...vary(
    'createTable',
    { tableName: 'person', columns: columns(id) },
    {
      catalogName: ['cat'],
      schemaName: ['app', 'App'],
      tablespace: ['ts1'],
      remarks: ['People', "it's", 'line\nbreak', 'back\\slash', ''],
      tableType: ['TEMPORARY', 'GLOBAL TEMPORARY', 'UNLOGGED', 'temporary'],
      ifNotExists: [true, false],
      rowDependencies: [true],
    },
  ),
  ...oneColumn('value attributes', {
    remarks: { ...id, remarks: "the 'id'" },
    'remarks with backslash': { ...id, remarks: 'a\\b' },
    autoIncrement: { ...id, autoIncrement: true },
    'autoIncrement key': { ...id, autoIncrement: true, constraints: { primaryKey: true } },
    'autoIncrement named key': { ...id, autoIncrement: true, constraints: { primaryKey: true, primaryKeyName: 'pk_p' } },
    'autoIncrement key not null': { ...id, autoIncrement: true, constraints: { primaryKey: true, nullable: false } },
    'autoIncrement bigint key': { name: 'id', type: 'bigint', autoIncrement: true, constraints: { primaryKey: true } },
    'autoIncrement unique': { ...id, autoIncrement: true, constraints: { unique: true, nullable: false } },
    'autoIncrement from 100': { ...id, autoIncrement: true, startWith: 100 },
    'autoIncrement key from 100': { ...id, autoIncrement: true, startWith: 100, constraints: { primaryKey: true } },
    'autoIncrement by 5': { ...id, autoIncrement: true, incrementBy: 5 },
    'autoIncrement from 100 by 5': { ...id, autoIncrement: true, startWith: 100, incrementBy: 5 },
    'autoIncrement from 1 by 1': { ...id, autoIncrement: true, startWith: 1, incrementBy: 1, constraints: { primaryKey: true } },
    'autoIncrement always': { ...id, autoIncrement: true, generationType: 'ALWAYS' },
    'autoIncrement by default': { ...id, autoIncrement: true, generationType: 'BY DEFAULT' },
    'autoIncrement on null': { ...id, autoIncrement: true, generationType: 'BY DEFAULT', defaultOnNull: true },
    'autoIncrement false': { ...id, autoIncrement: false },
    'autoIncrement with default': { ...id, autoIncrement: true, defaultValueNumeric: 5 },
    'no type': { name: 'id' },
    computed: { name: 'a', type: 'int', computed: true },
    descending: { ...id, descending: true, constraints: { primaryKey: true } },
  }),
  ...oneColumn('constraints', {
    'nullable false': { ...id, constraints: { nullable: false } },
    'nullable true': { ...id, constraints: { nullable: true } },
    'nullable true timestamp': { name: 'at', type: 'timestamp', constraints: { nullable: true } },
    'nullable false timestamp': { name: 'at', type: 'timestamp', constraints: { nullable: false } },
    'named not null': { ...id, constraints: { nullable: false, notNullConstraintName: 'nn_id' } },
    'not null without validation': { ...id, constraints: { nullable: false, validateNullable: false } },
    'primary key': { ...id, constraints: { primaryKey: true } },
    'primary key nullable': { ...id, constraints: { primaryKey: true, nullable: true } },
    'named primary key': { ...id, constraints: { primaryKey: true, primaryKeyName: 'pk_person' } },
    'primary key in tablespace': { ...id, constraints: { primaryKey: true, primaryKeyTablespace: 'ts2' } },
    'primary key without validation': { ...id, constraints: { primaryKey: true, validatePrimaryKey: false } },
    unique: { ...id, constraints: { unique: true } },
    'named unique': { ...id, constraints: { unique: true, uniqueConstraintName: 'uq_id' } },
    'unique without validation': { ...id, constraints: { unique: true, validateUnique: false } },
    'unique false': { ...id, constraints: { unique: false } },
    check: { ...id, constraints: { checkConstraint: 'id > 0' } },
    references: { ...id, constraints: { foreignKeyName: 'fk_1', references: 'other(id)' } },
    'references with schema': { ...id, constraints: { foreignKeyName: 'fk_1', references: 'app.other(id)' } },
    'references two columns': { ...id, constraints: { foreignKeyName: 'fk_1', references: 'other(a, b)' } },
    'references mixed case': { ...id, constraints: { foreignKeyName: 'Fk_1', references: 'Other(Id)' } },
    'referenced table': {
      ...id,
      constraints: { foreignKeyName: 'fk_1', referencedTableName: 'other', referencedColumnNames: 'id' },
    },
    'referenced table in schema': {
      ...id,
      constraints: {
        foreignKeyName: 'fk_1',
        referencedTableSchemaName: 'app',
        referencedTableName: 'other',
        referencedColumnNames: 'id',
      },
    },
    'referenced table in catalog': {
      ...id,
      constraints: {
        foreignKeyName: 'fk_1',
        referencedTableCatalogName: 'cat',
        referencedTableName: 'other',
        referencedColumnNames: 'id',
      },
    },
    'delete cascade': { ...id, constraints: { foreignKeyName: 'fk_1', references: 'other(id)', deleteCascade: true } },
    deferrable: { ...id, constraints: { foreignKeyName: 'fk_1', references: 'other(id)', deferrable: true } },
    'initially deferred': {
      ...id,
      constraints: { foreignKeyName: 'fk_1', references: 'other(id)', deferrable: true, initiallyDeferred: true },
    },
    'foreign key without validation': {
      ...id,
      constraints: { foreignKeyName: 'fk_1', references: 'other(id)', validateForeignKey: false },
    },
    'unnamed foreign key': { ...id, constraints: { references: 'other(id)' } },
  }),
  ...forms('createTable', {
    'two keys': {
      tableName: 'person',
      columns: columns(
        { ...id, constraints: { primaryKey: true } },
        { name: 'b', type: 'int', constraints: { primaryKey: true } },
      ),
    },
    'two named keys': {
      tableName: 'person',
      columns: columns(
        { ...id, constraints: { primaryKey: true, primaryKeyName: 'pk_x' } },
        { name: 'b', type: 'int', constraints: { primaryKey: true, primaryKeyName: 'pk_x' } },
      ),
    },
    'two keys, one counted': {
      tableName: 'person',
      columns: columns(
        { ...id, autoIncrement: true, constraints: { primaryKey: true } },
        { name: 'b', type: 'int', constraints: { primaryKey: true } },
      ),
    },
    'unique over two columns': {
      tableName: 'person',
      columns: columns(
        { ...id, constraints: { unique: true, uniqueConstraintName: 'uq_x' } },
        { name: 'b', type: 'int', constraints: { unique: true, uniqueConstraintName: 'uq_x' } },
      ),
    },
    'mixed case': {
      schemaName: 'app',
      tableName: 'Mixed Case',
      columns: columns(
        { name: 'Id', type: 'int', constraints: { primaryKey: true } },
        { name: 'order', type: 'int', remarks: 'r' },
        { name: 'UPPER', type: 'int', constraints: { unique: true } },
      ),
    },
    'remarks everywhere': {
      tableName: 'person',
      remarks: 'People',
      columns: columns(
        { ...id, remarks: 'Key', constraints: { primaryKey: true } },
        { name: 'n', type: 'varchar(5)', remarks: "N's", defaultValue: 'x' },
      ),
    },
    everything: {
      schemaName: 'app',
      tableName: 'person',
      columns: columns(
        { name: 'id', type: 'bigint', autoIncrement: true, constraints: { primaryKey: true, nullable: false } },
        {
          name: 'name',
          type: 'varchar(50)',
          defaultValue: 'bob',
          constraints: { nullable: false, unique: true, uniqueConstraintName: 'uq_name' },
        },
        { name: 'active', type: 'boolean', defaultValueBoolean: true, constraints: { nullable: false } },
        { name: 'boss', type: 'bigint', constraints: { foreignKeyName: 'fk_boss', references: 'person(id)' } },
        { name: 'created', type: 'timestamp', defaultValueComputed: 'CURRENT_TIMESTAMP', constraints: { nullable: false } },
        { name: 'note', type: 'clob' },
      ),
    },
  }),
]

/** A table of one column per case. */
function oneColumn(group: string, list: Readonly<Record<string, Readonly<Record<string, unknown>>>>): SqlCase[] {
  return Object.entries(list).map(([what, column]) => ({
    id: `createTable, ${group}: ${what}`,
    change: { createTable: { tableName: 'person', columns: columns(column) } },
  }))
}

const schemas = { catalogName: ['cat'], schemaName: ['app', 'App'] }

export const tableCases: readonly SqlCase[] = [
  ...createTable,
  ...vary(
    'dropTable',
    { tableName: 'person' },
    { ...schemas, cascadeConstraints: [true, false], tableName: ['Person', 'a b', 'order'] },
  ),
  ...vary('renameTable', { oldTableName: 'a', newTableName: 'b' }, { ...schemas, newTableName: ['B b', 'order', 'Mixed'] }),
  ...vary('setTableRemarks', { tableName: 'person', remarks: 'People' }, { ...schemas, remarks: ["it's", 'a\\b'] }),
  ...vary(
    'createView',
    { viewName: 'v1', selectQuery: 'select id, name from person' },
    {
      ...schemas,
      replaceIfExists: [true, false],
      fullDefinition: [false],
      remarks: ['a view', "it's"],
      selectQuery: ['select 1;', '  select 1  ', 'select 1 -- end', 'select a;\n', "select ';' as x"],
    },
  ),
  ...forms('createView', {
    'whole definition': { viewName: 'v1', fullDefinition: true, selectQuery: 'create view v1 as select 2' },
    'whole definition replaced': {
      viewName: 'v1',
      fullDefinition: true,
      replaceIfExists: true,
      selectQuery: 'create view v1 as select 2;',
    },
    'replaced in a schema': { schemaName: 'app', viewName: 'V 1', replaceIfExists: true, selectQuery: 'select 2' },
    'replaced with remarks': { viewName: 'v1', replaceIfExists: true, remarks: 'r', selectQuery: 'select 2' },
    'from a file': { viewName: 'v1', path: 'view.sql' },
  }),
  ...vary('dropView', { viewName: 'v1' }, { ...schemas, ifExists: [true, false], viewName: ['V 1'] }),
  ...vary('renameView', { oldViewName: 'v1', newViewName: 'v2' }, { ...schemas, newViewName: ['V 2'] }),
  ...vary(
    'createProcedure',
    { procedureName: 'p1', procedureText: 'CREATE PROCEDURE p1() LANGUAGE SQL AS $$ SELECT 1; $$' },
    {
      ...schemas,
      replaceIfExists: [false],
      comment: ['what it does'],
      dbms: ['postgresql', 'mysql, mariadb', '!sqlite', 'oracle'],
      procedureText: [
        'CREATE PROCEDURE p1() BEGIN SELECT 1; END',
        'CREATE PROCEDURE p1() SELECT 1;',
        'CREATE PROCEDURE p1() SELECT 1;\n',
        'create procedure x() select 1 /',
      ],
    },
  ),
  ...forms('createProcedure', { 'from a file': { procedureName: 'p1', path: 'procedure.sql' } }),
  ...vary('dropProcedure', { procedureName: 'p1' }, { ...schemas, procedureName: ['P 1', 'p1(int)'] }),
  ...vary(
    'createSequence',
    { sequenceName: 's1' },
    {
      ...schemas,
      sequenceName: ['S1', 'order'],
      startValue: [10, -5],
      incrementBy: [5, -1],
      minValue: [1, -100],
      maxValue: [1000],
      ordered: [true, false],
      cycle: [true, false],
      cacheSize: [20, 0, 1],
      dataType: ['int', 'bigint'],
    },
  ),
  ...forms('createSequence', {
    everything: { sequenceName: 's2', startValue: 10, incrementBy: 5, minValue: 1, maxValue: 1000, cycle: true, cacheSize: 20 },
  }),
  ...vary(
    'alterSequence',
    { sequenceName: 's1', incrementBy: 2 },
    {
      ...schemas,
      minValue: [1],
      maxValue: [50],
      ordered: [true, false],
      cycle: [true, false],
      cacheSize: [3, 0],
      dataType: ['int'],
    },
  ),
  ...vary('dropSequence', { sequenceName: 's1' }, { ...schemas, sequenceName: ['S1'] }),
  ...vary('renameSequence', { oldSequenceName: 's1', newSequenceName: 's2' }, { ...schemas, newSequenceName: ['S2'] }),
]
