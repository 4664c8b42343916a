import type { ChangeGenerator } from './writer.ts'

export const dropTable: ChangeGenerator = (writer) => {
  const cascade = writer.isTrue('cascadeConstraints')
  if (cascade && writer.product.family !== 'postgresql') writer.ignore('cascadeConstraints')
  return [`DROP TABLE ${writer.table()}${cascade && writer.product.family === 'postgresql' ? ' CASCADE' : ''}`]
}

export const renameTable: ChangeGenerator = (writer) => {
  const { get } = writer
  const old = writer.qualified(writer.need('oldTableName'), get('schemaName'), get('catalogName'))
  const name = writer.need('newTableName')
  if (writer.product.family === 'mysql') {
    return [`ALTER TABLE ${old} RENAME ${writer.qualified(name, get('schemaName'), get('catalogName'))}`]
  }
  return [`ALTER TABLE ${old} RENAME TO ${writer.name(name)}`]
}

export const setTableRemarks: ChangeGenerator = (writer) => {
  const remarks = writer.product.text(writer.get('remarks') ?? '')
  return [
    writer.product.family === 'mysql'
      ? `ALTER TABLE ${writer.table()} COMMENT = ${remarks}`
      : `COMMENT ON TABLE ${writer.table()} IS ${remarks}`,
  ]
}

export const setColumnRemarks: ChangeGenerator = (writer) => {
  const remarks = writer.product.text(writer.get('remarks') ?? '')
  const column = writer.name(writer.need('columnName'))
  if (writer.product.family !== 'mysql') return [`COMMENT ON COLUMN ${writer.table()}.${column} IS ${remarks}`]
  return [
    `ALTER TABLE ${writer.table()} MODIFY COLUMN ${column} ${writer.type(writer.need('columnDataType')).sql} COMMENT ${remarks}`,
  ]
}
