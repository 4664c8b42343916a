import { childrenOf } from './writer.ts'
import type { ChangeGenerator } from './writer.ts'

export const createIndex: ChangeGenerator = (writer) => {
  const { get, isTrue, change } = writer
  const table = writer.qualified(writer.need('tableName'), get('schemaName'))
  const index = get('indexName')
  const columns = childrenOf(change.node, 'column').map(({ attributes }) => {
    const name = attributes['name'] ?? ''
    const text = attributes['computed']?.toLowerCase() === 'true' ? name : writer.name(name)
    return attributes['descending']?.toLowerCase() === 'true' ? `${text} DESC` : text
  })
  const unique = isTrue('unique') ? 'UNIQUE ' : ''
  const using = get('using') === undefined ? '' : ` USING ${get('using')} `
  return [
    `CREATE ${unique}INDEX ${index === undefined ? '' : `${writer.name(index)} `}ON ${table}${using}(${columns.join(', ')})` +
      (get('tablespace') === undefined ? '' : ` TABLESPACE ${get('tablespace')}`),
    ...(isTrue('clustered') && index !== undefined ? [`CLUSTER ${table} USING ${writer.name(index)}`] : []),
  ]
}

export const dropIndex: ChangeGenerator = (writer) => [
  `DROP INDEX ${writer.qualified(writer.need('indexName'), writer.get('schemaName'))}`,
]
