import { columnValue } from './values.ts'
import { childrenOf } from './writer.ts'
import type { ChangeGenerator, ChangeWriter } from './writer.ts'

export const insert: ChangeGenerator = (writer) => {
  const columns = childrenOf(writer.change.node, 'column')
  const names = columns.map((column) => writer.name(column.attributes['name'] ?? ''))
  const values = columns.map((column) => columnValue(column, writer))
  return [`INSERT INTO ${tableOf(writer)} (${names.join(', ')}) VALUES (${values.join(', ')})`]
}

/** Liquibase sets columns in the order of their names. */
export const update: ChangeGenerator = (writer) => {
  const columns = childrenOf(writer.change.node, 'column').toSorted((left, right) =>
    compare(left.attributes['name'], right.attributes['name']),
  )
  const sets = columns.map((column) => `${writer.name(column.attributes['name'] ?? '')} = ${columnValue(column, writer)}`)
  return [`UPDATE ${tableOf(writer)} SET ${sets.join(', ')}${where(writer)}`]
}

export const deleteRows: ChangeGenerator = (writer) => [`DELETE FROM ${tableOf(writer)}${where(writer)}`]

/** `:name` and `:value` are replaced by the parameters, each placeholder by the next one that has it. */
function where(writer: ChangeWriter): string {
  const written = writer.get('where')?.trim()
  if (written === undefined || written === '') return ''
  const params = whereParams(writer)
  let names = 0
  let values = 0
  const text = written.replace(/:(name|value)\b/g, (placeholder, kind: string) => {
    if (kind === 'name') {
      const named = params.filter((param) => param.attributes['name'] !== undefined)[names++]
      return named === undefined ? placeholder : writer.name(named.attributes['name'] ?? '')
    }
    const param = params[values++]
    return param === undefined ? placeholder : columnValue(param, writer)
  })
  return ` WHERE ${text}`
}

function whereParams(writer: ChangeWriter): ReturnType<typeof childrenOf> {
  const { node } = writer.change
  return [...childrenOf(node, 'param'), ...childrenOf(node, 'whereParams').flatMap((child) => childrenOf(child, 'param'))]
}

function compare(left: string | undefined, right: string | undefined): number {
  return (left ?? '') < (right ?? '') ? -1 : (left ?? '') > (right ?? '') ? 1 : 0
}

function tableOf(writer: ChangeWriter): string {
  return writer.qualified(writer.need('tableName'), writer.get('schemaName'))
}
