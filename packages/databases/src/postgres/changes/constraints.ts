import { toPostgresType } from './types.ts'
import { quoteText } from './values.ts'
import type { ChangeGenerator, ChangeWriter } from './writer.ts'

export const addUniqueConstraint: ChangeGenerator = (writer) => {
  const { get, isTrue } = writer
  if (isTrue('clustered')) writer.refuse('clustered')
  const index = get('forIndexName')
  return [
    `ALTER TABLE ${tableOf(writer)} ADD ${named(writer)}UNIQUE (${writer.nameList(writer.need('columnNames'))})` +
      deferral(writer) +
      (get('tablespace') === undefined ? '' : ` USING INDEX TABLESPACE ${get('tablespace')}`) +
      (index === undefined ? '' : ` USING INDEX ${writer.qualified(index, get('forIndexSchemaName'))}`),
  ]
}

export const addPrimaryKey: ChangeGenerator = (writer) => {
  const { get, isTrue } = writer
  if (isTrue('clustered')) writer.refuse('clustered')
  return [
    `ALTER TABLE ${tableOf(writer)} ADD ${named(writer)}PRIMARY KEY (${writer.nameList(writer.need('columnNames'))})` +
      (get('tablespace') === undefined ? '' : ` USING INDEX TABLESPACE ${get('tablespace')}`),
  ]
}

export const dropUniqueConstraint: ChangeGenerator = (writer) => [
  `ALTER TABLE ${tableOf(writer)} DROP CONSTRAINT ${writer.name(writer.need('constraintName'))}`,
]

/** Without a name the key is looked up when it runs. */
export const dropPrimaryKey: ChangeGenerator = (writer) => {
  const constraint = writer.get('constraintName')
  if (constraint !== undefined) return [`ALTER TABLE ${tableOf(writer)} DROP CONSTRAINT ${writer.name(constraint)}`]
  const table = writer.need('tableName').toLowerCase()
  const schema = writer.get('schemaName') ?? writer.schema(undefined) ?? 'null'
  return [
    `DO $$ DECLARE constraint_name varchar;
BEGIN
  SELECT tc.CONSTRAINT_NAME into strict constraint_name
    FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS tc
    WHERE CONSTRAINT_TYPE = 'PRIMARY KEY'
      AND TABLE_NAME = ${quoteText(table)} AND TABLE_SCHEMA = ${quoteText(schema)};
    EXECUTE 'alter table ${schema}.${table} drop constraint "' || constraint_name || '"';
END $$`,
  ]
}

export const addForeignKeyConstraint: ChangeGenerator = (writer) => {
  const { get, isTrue } = writer
  const base = writer.qualified(writer.need('baseTableName'), get('baseTableSchemaName'))
  const referenced = writer.qualified(writer.need('referencedTableName'), get('referencedTableSchemaName'))
  const onDelete = get('onDelete') ?? (isTrue('deleteCascade') ? 'CASCADE' : undefined)
  return [
    `ALTER TABLE ${base} ADD CONSTRAINT ${writer.name(writer.need('constraintName'))} FOREIGN KEY (${writer.nameList(writer.need('baseColumnNames'))}) ` +
      `REFERENCES ${referenced} (${writer.nameList(writer.need('referencedColumnNames'))})` +
      (get('onUpdate') === undefined ? '' : ` ON UPDATE ${get('onUpdate')}`) +
      (onDelete === undefined ? '' : ` ON DELETE ${onDelete}`) +
      deferral(writer) +
      (get('validate')?.toLowerCase() === 'false' ? ' NOT VALID' : ''),
  ]
}

export const dropForeignKeyConstraint: ChangeGenerator = (writer) => [
  `ALTER TABLE ${writer.qualified(writer.need('baseTableName'), writer.get('baseTableSchemaName'))} DROP CONSTRAINT ${writer.name(writer.need('constraintName'))}`,
]

/** The keys are looked up when it runs, so that it needs no look at the database before. */
export const dropAllForeignKeyConstraints: ChangeGenerator = (writer) => {
  const table = writer.qualified(writer.need('baseTableName'), writer.get('baseTableSchemaName'))
  return [
    `DO $$ DECLARE found record;
BEGIN
  FOR found IN SELECT conname FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conrelid = ${quoteText(table)}::regclass ORDER BY conname LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', ${quoteText(table)}::regclass, found.conname);
  END LOOP;
END $$`,
  ]
}

export const addLookupTable: ChangeGenerator = (writer) => {
  const { get, name } = writer
  const existing = writer.qualified(writer.need('existingTableName'), get('existingTableSchemaName'))
  const lookup = writer.qualified(writer.need('newTableName'), get('newTableSchemaName'))
  const from = name(writer.need('existingColumnName'))
  const to = name(writer.need('newColumnName'))
  const constraint = get('constraintName') ?? `FK_${get('existingTableName') ?? ''}_${get('newTableName') ?? ''}`.toUpperCase()
  // Liquibase checks this type on some databases only; a wrong one is still worth an early word.
  if (get('newColumnDataType') !== undefined) toPostgresType(writer.need('newColumnDataType'))
  return [
    `CREATE TABLE ${lookup} AS SELECT DISTINCT ${from} AS ${to} FROM ${existing} WHERE ${from} IS NOT NULL`,
    `ALTER TABLE ${lookup} ALTER COLUMN  ${to} SET NOT NULL`,
    `ALTER TABLE ${lookup} ADD PRIMARY KEY (${to})`,
    `ALTER TABLE ${existing} ADD CONSTRAINT ${name(constraint)} FOREIGN KEY (${from}) REFERENCES ${lookup} (${to})`,
  ]
}

function named(writer: ChangeWriter): string {
  const constraint = writer.get('constraintName')
  return constraint === undefined ? '' : `CONSTRAINT ${writer.name(constraint)} `
}

function deferral(writer: ChangeWriter): string {
  if (!writer.isTrue('deferrable') && !writer.isTrue('initiallyDeferred')) return ''
  return (writer.isTrue('deferrable') ? ' DEFERRABLE' : '') + (writer.isTrue('initiallyDeferred') ? ' INITIALLY DEFERRED' : '')
}

function tableOf(writer: ChangeWriter): string {
  return writer.qualified(writer.need('tableName'), writer.get('schemaName'))
}
