import { quoteText } from './values.ts'
import type { ChangeGenerator, ChangeWriter } from './writer.ts'

export const createView: ChangeGenerator = (writer) => {
  const { get, isTrue, change } = writer
  const query = (change.file?.text ?? get('selectQuery') ?? '').trim().replace(/;\s*$/, '')
  if (isTrue('fullDefinition')) return [query]
  const view = viewOf(writer)
  return [
    `CREATE ${isTrue('replaceIfExists') ? 'OR REPLACE ' : ''}VIEW ${view} AS ${query}`,
    ...(get('remarks') === undefined ? [] : [`COMMENT ON VIEW ${view} IS ${quoteText(get('remarks') ?? '')}`]),
  ]
}

export const dropView: ChangeGenerator = (writer) => [
  `DROP VIEW ${writer.isTrue('ifExists') ? 'IF EXISTS ' : ''}${viewOf(writer)}`,
]

export const renameView: ChangeGenerator = (writer) => [
  `ALTER TABLE ${writer.qualified(writer.need('oldViewName'), writer.get('schemaName'))} RENAME TO ${writer.name(writer.need('newViewName'))}`,
]

/** The text of the procedure runs as one statement. */
export const createProcedure: ChangeGenerator = (writer) => {
  const text = (writer.change.file?.text ?? writer.need('procedureText')).trim()
  return text === '' ? [] : [text.replace(/;\s*$/, '')]
}

export const dropProcedure: ChangeGenerator = (writer) => [
  `DROP PROCEDURE ${writer.qualified(writer.need('procedureName'), writer.get('schemaName'))}`,
]

function viewOf(writer: ChangeWriter): string {
  return writer.qualified(writer.need('viewName'), writer.get('schemaName'))
}
