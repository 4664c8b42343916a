import type { ChangeGenerator, ChangeWriter } from './writer.ts'

export const addUniqueConstraint: ChangeGenerator = (writer) => {
  const { get, product } = writer
  if (writer.isTrue('clustered')) writer.refuse('clustered')
  const index = get('forIndexName')
  const tablespace = get('tablespace')
  const deferral = writer.isTrue('deferrable') || writer.isTrue('initiallyDeferred')
  if (product.family === 'mysql') {
    if (index !== undefined) writer.refuse('forIndexName')
    if (deferral) writer.ignore(writer.isTrue('deferrable') ? 'deferrable' : 'initiallyDeferred')
    if (tablespace !== undefined) writer.ignore('tablespace')
  }
  const head = `ALTER TABLE ${writer.table()} ADD ${named(writer)}UNIQUE`
  if (product.family === 'mysql') return [`${head} (${writer.nameList(writer.need('columnNames'))})`]
  // An index brings its columns along, and lives where its table does.
  if (index !== undefined) return [`${head} USING INDEX ${writer.name(index)}${deferralClause(writer)}`]
  return [
    `${head} (${writer.nameList(writer.need('columnNames'))})` +
      (tablespace === undefined || !hasTablespaces(writer) ? '' : ` USING INDEX TABLESPACE ${tablespace}`) +
      deferralClause(writer),
  ]
}

export const dropUniqueConstraint: ChangeGenerator = (writer) => {
  const name = writer.name(writer.need('constraintName'))
  if (writer.product.name === 'cockroachdb') return [`DROP INDEX ${name} CASCADE`]
  return [`ALTER TABLE ${writer.table()} DROP ${writer.product.family === 'mysql' ? 'KEY' : 'CONSTRAINT'} ${name}`]
}

export const addPrimaryKey: ChangeGenerator = (writer) => {
  const { get, product } = writer
  const tablespace = get('tablespace')
  const clustered = writer.isTrue('clustered')
  const columns = writer.nameList(writer.need('columnNames'))
  const table = writer.table()
  if (product.family === 'mysql') {
    if (clustered) writer.refuse('clustered')
    if (get('forIndexName') !== undefined) writer.refuse('forIndexName')
    if (tablespace !== undefined) writer.ignore('tablespace')
    return [`ALTER TABLE ${table} ADD PRIMARY KEY (${columns})`]
  }
  const name = get('constraintName')
  if (get('forIndexName') !== undefined) writer.ignore('forIndexName')
  return [
    `ALTER TABLE ${table} ADD ${named(writer)}PRIMARY KEY (${columns})` +
      (tablespace === undefined || !hasTablespaces(writer) ? '' : ` USING INDEX TABLESPACE ${tablespace}`),
    ...(clustered && name !== undefined ? [`CLUSTER ${table} USING ${writer.name(name)}`] : []),
  ]
}

/** Without a name PostgreSQL looks the key up when it runs. */
export const dropPrimaryKey: ChangeGenerator = (writer) => {
  if (writer.product.family === 'mysql') return [`ALTER TABLE ${writer.table()} DROP PRIMARY KEY`]
  const constraint = writer.get('constraintName')
  if (constraint !== undefined) return [`ALTER TABLE ${writer.table()} DROP CONSTRAINT ${writer.name(constraint)}`]
  const table = writer.need('tableName').toLowerCase()
  const schema = writer.get('schemaName') ?? writer.schema(undefined) ?? 'null'
  const { text } = writer.product
  return [
    `DO $$ DECLARE constraint_name varchar;
BEGIN
  SELECT tc.CONSTRAINT_NAME into strict constraint_name
    FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS tc
    WHERE CONSTRAINT_TYPE = 'PRIMARY KEY'
      AND TABLE_NAME = ${text(table)} AND TABLE_SCHEMA = ${text(schema)};
    EXECUTE 'alter table ${schema}.${table} drop constraint "' || constraint_name || '"';
END $$`,
  ]
}

export const addForeignKeyConstraint: ChangeGenerator = (writer) => {
  const { get, product } = writer
  const base = writer.qualified(writer.need('baseTableName'), get('baseTableSchemaName'), get('baseTableCatalogName'))
  const referenced = writer.qualified(
    writer.need('referencedTableName'),
    get('referencedTableSchemaName'),
    get('referencedTableCatalogName'),
  )
  const onDelete = get('onDelete') ?? (writer.isTrue('deleteCascade') ? 'CASCADE' : undefined)
  const deferrable = writer.isTrue('deferrable') || writer.isTrue('initiallyDeferred')
  if (deferrable && (product.family === 'mysql' || product.name === 'cockroachdb')) {
    writer.refuse(writer.isTrue('deferrable') ? 'deferrable' : 'initiallyDeferred')
  }
  return [
    `ALTER TABLE ${base} ADD CONSTRAINT ${writer.name(writer.need('constraintName'))} FOREIGN KEY (${writer.nameList(writer.need('baseColumnNames'))}) ` +
      `REFERENCES ${referenced} (${writer.nameList(writer.need('referencedColumnNames'))})` +
      (get('onUpdate') === undefined ? '' : ` ON UPDATE ${get('onUpdate')}`) +
      (onDelete === undefined ? '' : ` ON DELETE ${onDelete}`) +
      deferralClause(writer) +
      (get('validate')?.toLowerCase() === 'false' && product.family === 'postgresql' ? ' NOT VALID' : ''),
  ]
}

export const dropForeignKeyConstraint: ChangeGenerator = (writer) => [
  `ALTER TABLE ${baseTable(writer)} DROP ${writer.product.family === 'mysql' ? 'FOREIGN KEY' : 'CONSTRAINT'} ${writer.name(writer.need('constraintName'))}`,
]

/** The keys are looked up when it runs, so that it needs no look at the database before. */
export const dropAllForeignKeyConstraints: ChangeGenerator = (writer) => {
  const table = baseTable(writer)
  const { text } = writer.product
  if (writer.product.family === 'mysql') return dropForeignKeysOfMysql(writer, table)
  return [
    `DO $$ DECLARE found record;
BEGIN
  FOR found IN SELECT conname FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conrelid = ${text(table)}::regclass ORDER BY conname LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', ${text(table)}::regclass, found.conname);
  END LOOP;
END $$`,
  ]
}

/** MySQL has no anonymous blocks: the statement is put together from the catalogue, prepared and run. */
function dropForeignKeysOfMysql(writer: ChangeWriter, table: string): readonly string[] {
  const { text } = writer.product
  const schema = writer.get('baseTableCatalogName') ?? writer.get('baseTableSchemaName') ?? writer.context.defaultSchema
  return [
    'SET SESSION group_concat_max_len = 1000000',
    `SET @sluice_drop = (SELECT CONCAT(${text(`ALTER TABLE ${table} `)}, GROUP_CONCAT(CONCAT('DROP FOREIGN KEY \`', REPLACE(CONSTRAINT_NAME, '\`', '\`\`'), '\`') ` +
      `ORDER BY CONSTRAINT_NAME SEPARATOR ', ')) FROM information_schema.TABLE_CONSTRAINTS WHERE CONSTRAINT_TYPE = 'FOREIGN KEY' ` +
      `AND TABLE_SCHEMA = ${schema === undefined ? 'DATABASE()' : text(schema)} AND TABLE_NAME = ${text(writer.need('baseTableName'))})`,
    `SET @sluice_drop = COALESCE(@sluice_drop, 'DO 0')`,
    'PREPARE sluice_drop FROM @sluice_drop',
    'EXECUTE sluice_drop',
    'DEALLOCATE PREPARE sluice_drop',
  ]
}

export const addLookupTable: ChangeGenerator = (writer) => {
  const { get, name, product } = writer
  const existing = writer.qualified(
    writer.need('existingTableName'),
    get('existingTableSchemaName'),
    get('existingTableCatalogName'),
  )
  const lookup = writer.qualified(writer.need('newTableName'), get('newTableSchemaName'), get('newTableCatalogName'))
  const from = name(writer.need('existingColumnName'))
  const to = name(writer.need('newColumnName'))
  const constraint = get('constraintName') ?? `FK_${get('existingTableName') ?? ''}_${get('newTableName') ?? ''}`.toUpperCase()
  // Liquibase checks this type on some databases only; a wrong one is still worth an early word.
  if (get('newColumnDataType') !== undefined) writer.type(writer.need('newColumnDataType'))
  return [
    `CREATE TABLE ${lookup} AS SELECT DISTINCT ${from} AS ${to} FROM ${existing} WHERE ${from} IS NOT NULL`,
    product.family === 'mysql'
      ? `ALTER TABLE ${lookup} MODIFY ${to} ${writer.type(writer.need('newColumnDataType')).sql} NOT NULL`
      : `ALTER TABLE ${lookup} ALTER COLUMN  ${to} SET NOT NULL`,
    `ALTER TABLE ${lookup} ADD PRIMARY KEY (${to})`,
    `ALTER TABLE ${existing} ADD CONSTRAINT ${name(constraint)} FOREIGN KEY (${from}) REFERENCES ${lookup} (${to})`,
  ]
}

export function hasTablespaces({ product }: ChangeWriter): boolean {
  return product.name === 'postgresql' || product.name === 'yugabytedb'
}

function named(writer: ChangeWriter): string {
  const constraint = writer.get('constraintName')
  return constraint === undefined ? '' : `CONSTRAINT ${writer.name(constraint)} `
}

function deferralClause(writer: ChangeWriter): string {
  return (writer.isTrue('deferrable') ? ' DEFERRABLE' : '') + (writer.isTrue('initiallyDeferred') ? ' INITIALLY DEFERRED' : '')
}

function baseTable(writer: ChangeWriter): string {
  return writer.qualified(writer.need('baseTableName'), writer.get('baseTableSchemaName'), writer.get('baseTableCatalogName'))
}
