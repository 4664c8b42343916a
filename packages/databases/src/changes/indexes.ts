import { hasTablespaces } from './constraints.ts'
import { childrenOf, isTrue } from './writer.ts'
import type { ChangeGenerator, ChangeWriter } from './writer.ts'

export const createIndex: ChangeGenerator = (writer) => {
  const { get, change, product } = writer
  const { family } = product
  // The index of a key or constraint comes with it.
  const associated = get('associatedWith')?.toLowerCase() ?? ''
  if (['foreignkey', 'primarykey', 'uniqueconstraint'].some((word) => associated.includes(word))) return []
  const table = writer.table()
  const index = family === 'postgresql' ? get('indexName') : writer.need('indexName')
  const columns = childrenOf(change.node, 'column').map(({ attributes }) => {
    const name = attributes['name'] ?? ''
    const text = isTrue(attributes, 'computed') || /\(.*\)/s.test(name) ? expression(name, writer) : writer.name(name)
    return isTrue(attributes, 'descending') ? `${text} DESC` : text
  })
  // The schema of an index of SQLite stands at its own name, and its table is in the same one.
  const name =
    index === undefined
      ? ''
      : `${family === 'sqlite' ? writer.qualified(index, get('schemaName'), get('catalogName')) : writer.name(index)} `
  const target = family === 'sqlite' ? writer.name(writer.need('tableName')) : table
  const tablespace = get('tablespace')
  if (tablespace !== undefined && !hasTablespaces(writer)) writer.ignore('tablespace')
  const clustered = writer.isTrue('clustered')
  if (clustered && family !== 'postgresql') writer.ignore('clustered')
  const using = get('using')
  return [
    `CREATE ${writer.isTrue('unique') ? 'UNIQUE ' : ''}INDEX ${name}ON ${target}${using === undefined ? '' : ` USING ${using} `}(${columns.join(', ')})` +
      (tablespace === undefined || !hasTablespaces(writer) ? '' : ` TABLESPACE ${tablespace}`),
    ...(clustered && index !== undefined && family === 'postgresql' ? [`CLUSTER ${table} USING ${writer.name(index)}`] : []),
  ]
}

/** What has parentheses is an expression, or on MySQL a column with the length of its prefix. */
function expression(text: string, writer: ChangeWriter): string {
  if (writer.product.family !== 'mysql' || /^`?[^(`]+`?\s*\(\s*\d+\s*\)$/.test(text)) return text
  if (writer.product.name === 'mariadb') {
    writer.refuse('computed', 'Add a generated column with the expression, and an index on that column.')
  }
  return /^\(.*\)$/s.test(text) ? text : `(${text})`
}

export const dropIndex: ChangeGenerator = (writer) => {
  const { get } = writer
  const index = writer.need('indexName')
  if (writer.product.family === 'mysql') return [`DROP INDEX ${writer.name(index)} ON ${writer.table()}`]
  return [`DROP INDEX ${writer.qualified(index, get('schemaName'), get('catalogName'))}`]
}
