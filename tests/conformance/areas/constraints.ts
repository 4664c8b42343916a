import type { ChangesetArea } from '../framework/model.ts'
import { casesOf, column, id, label, plainId, table } from './variants.ts'

const bare = [
  table('$t', column('a', 'int', { constraints: { nullable: false } }), column('b', 'int', { constraints: { nullable: false } })),
]
const family = [
  table('$t_parent', id, column('code', 'int', { constraints: { unique: true, uniqueConstraintName: '$t_code' } })),
  table('$t', id, column('parent', 'int'), column('code', 'int')),
]
const keyed = [
  ...family,
  {
    addForeignKeyConstraint: {
      ...{ baseTableName: '$t', baseColumnNames: 'parent', referencedTableName: '$t_parent', referencedColumnNames: 'id' },
      constraintName: '$t_fk',
    },
  },
]

export const constraints: ChangesetArea = {
  area: 'constraints',
  kind: 'changesets',
  format: 'yaml',
  cases: casesOf(
    {
      change: 'addPrimaryKey',
      given: bare,
      base: { tableName: '$t', columnNames: 'a' },
      variants: {
        named: { constraintName: '$t_pk' },
        two: { columnNames: 'a, b', constraintName: '$t_pk' },
        tablespace: { tablespace: 'pg_default' },
        clustered: { clustered: true },
        'no-validate': { validate: false },
        'for-index': { constraintName: '$t_pk', forIndexName: '$t_nope' },
      },
    },
    {
      change: 'dropPrimaryKey',
      given: [table('$t', column('id', 'int', { constraints: { primaryKey: true, primaryKeyName: '$t_pk' } }), label)],
      base: { tableName: '$t' },
      variants: { named: { constraintName: '$t_pk' }, 'drop-index': { dropIndex: true } },
    },
    {
      change: 'addUniqueConstraint',
      given: bare,
      base: { tableName: '$t', columnNames: 'a' },
      variants: {
        named: { constraintName: '$t_uq' },
        two: { columnNames: 'a,b', constraintName: '$t_uq' },
        deferrable: { constraintName: '$t_uq', deferrable: true },
        deferred: { constraintName: '$t_uq', deferrable: true, initiallyDeferred: true },
        disabled: { constraintName: '$t_uq', disabled: true },
        tablespace: { constraintName: '$t_uq', tablespace: 'pg_default' },
        clustered: { constraintName: '$t_uq', clustered: true },
        'no-validate': { constraintName: '$t_uq', validate: false },
      },
    },
    {
      change: 'dropUniqueConstraint',
      given: [table('$t', id, column('a', 'int', { constraints: { unique: true, uniqueConstraintName: '$t_uq' } }))],
      base: { tableName: '$t', constraintName: '$t_uq' },
      variants: { columns: { uniqueColumns: 'a' }, missing: { constraintName: '$t_nope' } },
    },
    {
      change: 'addForeignKeyConstraint',
      given: family,
      base: {
        baseTableName: '$t',
        baseColumnNames: 'parent',
        referencedTableName: '$t_parent',
        referencedColumnNames: 'id',
        constraintName: '$t_fk',
      },
      variants: {
        deferrable: { deferrable: true },
        deferred: { deferrable: true, initiallyDeferred: true },
        'on-delete-cascade': { onDelete: 'CASCADE' },
        'on-delete-null': { onDelete: 'SET NULL' },
        'on-delete-restrict': { onDelete: 'RESTRICT' },
        'on-delete-nothing': { onDelete: 'NO ACTION' },
        'on-update-cascade': { onUpdate: 'CASCADE' },
        both: { onDelete: 'CASCADE', onUpdate: 'SET NULL' },
        'delete-cascade': { deleteCascade: true },
        'unique-column': { baseColumnNames: 'code', referencedColumnNames: 'code', referencesUniqueColumn: true },
        'no-validate': { validate: false },
        missing: { referencedTableName: '$t_nope' },
      },
    },
    {
      change: 'dropForeignKeyConstraint',
      given: keyed,
      base: { baseTableName: '$t', constraintName: '$t_fk' },
      variants: { missing: { constraintName: '$t_nope' } },
    },
    {
      change: 'dropAllForeignKeyConstraints',
      given: keyed,
      base: { baseTableName: '$t' },
      variants: { none: { baseTableName: '$t_parent' } },
    },
    {
      change: 'addLookupTable',
      given: [
        table('$t', column('state', 'varchar(20)')),
        { insert: { tableName: '$t', columns: [{ column: { name: 'state', value: 'x' } }] } },
      ],
      base: {
        existingTableName: '$t',
        existingColumnName: 'state',
        newTableName: '$t_states',
        newColumnName: 'abbr',
        newColumnDataType: 'varchar(20)',
        constraintName: '$t_fk',
      },
      variants: { 'no-name': { constraintName: undefined }, 'no-type': { newColumnDataType: undefined } },
    },
    {
      change: 'createIndex',
      given: [table('$t', id, label, column('n', 'int'))],
      base: { tableName: '$t', indexName: '$t_ix', columns: [{ column: { name: 'label' } }] },
      variants: {
        unique: { unique: true },
        'not-unique': { unique: false },
        two: { columns: [{ column: { name: 'label' } }, { column: { name: 'n' } }] },
        descending: { columns: [{ column: { name: 'n', descending: true } }] },
        computed: { columns: [{ column: { name: 'lower(label)', computed: true } }] },
        included: { columns: [{ column: { name: 'label' } }, { column: { name: 'n', included: true } }] },
        clustered: { clustered: true },
        tablespace: { tablespace: 'pg_default' },
        'associated-unique': { associatedWith: 'uniqueConstraint' },
        'associated-foreign': { associatedWith: 'foreignKey' },
        'no-name': { indexName: undefined },
        missing: { columns: [{ column: { name: 'nope' } }] },
      },
    },
    {
      change: 'dropIndex',
      given: [
        table('$t', plainId, label),
        { createIndex: { tableName: '$t', indexName: '$t_ix', columns: [{ column: { name: 'label' } }] } },
      ],
      base: { tableName: '$t', indexName: '$t_ix' },
      variants: { associated: { associatedWith: 'foreignKey' }, missing: { indexName: '$t_nope' } },
    },
  ),
}
