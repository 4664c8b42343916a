import { columnValue } from './values.ts'
import { childrenOf } from './writer.ts'
import type { ChangeGenerator, ChangeWriter } from './writer.ts'

export const insert: ChangeGenerator = (writer) => {
  const columns = childrenOf(writer.change.node, 'column')
  const names = columns.map((column) => writer.name(column.attributes['name'] ?? ''))
  const values = columns.map((column) => columnValue(column, writer))
  return [`INSERT INTO ${writer.table()} (${names.join(', ')}) VALUES (${values.join(', ')})`]
}

/** Liquibase sets columns in the order of their names. */
export const update: ChangeGenerator = (writer) => {
  const columns = childrenOf(writer.change.node, 'column').toSorted((left, right) =>
    compareNames(left.attributes['name'] ?? '', right.attributes['name'] ?? ''),
  )
  const sets = columns.map((column) => `${writer.name(column.attributes['name'] ?? '')} = ${columnValue(column, writer)}`)
  return [`UPDATE ${writer.table()} SET ${sets.join(', ')}${where(writer)}`]
}

export const deleteRows: ChangeGenerator = (writer) => [`DELETE FROM ${writer.table()}${where(writer)}`]

/** `:name` and `:value` are replaced by the parameters, each placeholder by the next one that has it. */
function where(writer: ChangeWriter): string {
  const written = writer.change.node.attributes['where']?.trim()
  if (written === undefined) return ''
  if (written === '') {
    writer.report(
      'CHANGE_BAD_VALUE',
      `The "where" of "${writer.change.name}" is empty, and nothing says that all rows are meant.`,
      'Leave "where" out for all rows.',
    )
    return ''
  }
  const params = whereParams(writer)
  let names = 0
  let values = 0
  const text = written.replace(/;\s*$/, '').replace(/:(name|value)\b/g, (placeholder, kind: string) => {
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

/** The order of a Java map sorted by its keys. */
export function compareNames(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
