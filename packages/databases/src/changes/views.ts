import type { ChangeGenerator, ChangeWriter } from './writer.ts'

export const createView: ChangeGenerator = (writer) => {
  const { get, change, product } = writer
  const query = withoutEnd(change.file?.expanded ?? get('selectQuery') ?? '')
  const replace = writer.isTrue('replaceIfExists')
  const view = viewOf(writer)
  const remarks = get('remarks')
  if (remarks !== undefined && product.family !== 'postgresql') writer.ignore('remarks')
  // SQLite cannot replace, so the old one goes first; it may be missing, which Liquibase does not allow for.
  const dropped = replace && product.family === 'sqlite' ? [`DROP VIEW IF EXISTS ${view}`] : []
  const create = replace && product.family !== 'sqlite' ? 'CREATE OR REPLACE ' : 'CREATE '
  const statement = writer.isTrue('fullDefinition')
    ? replace && product.family !== 'sqlite'
      ? query.replace(/^\s*create(\s+or\s+replace)?\s+/i, 'CREATE OR REPLACE ')
      : query
    : `${create}VIEW ${view} AS ${query}`
  return [
    ...dropped,
    statement,
    ...(remarks === undefined || product.family !== 'postgresql' ? [] : [`COMMENT ON VIEW ${view} IS ${product.text(remarks)}`]),
  ]
}

export const dropView: ChangeGenerator = (writer) => [
  `DROP VIEW ${writer.isTrue('ifExists') ? 'IF EXISTS ' : ''}${viewOf(writer)}`,
]

export const renameView: ChangeGenerator = (writer) => {
  const { get } = writer
  const old = writer.qualified(writer.need('oldViewName'), get('schemaName'), get('catalogName'))
  const name = writer.need('newViewName')
  if (writer.product.family === 'mysql') {
    return [`RENAME TABLE ${old} TO ${writer.qualified(name, get('schemaName'), get('catalogName'))}`]
  }
  return [`ALTER TABLE ${old} RENAME TO ${writer.name(name)}`]
}

/**
 * The text of the procedure runs as one statement. An own schema goes in front of its name, where the text has none. MySQL has no
 * OR REPLACE, so `replaceIfExists` drops the procedure first.
 */
export const createProcedure: ChangeGenerator = (writer) => {
  const { get, change, product } = writer
  const drops: string[] = []
  if (change.node.attributes['replaceIfExists'] !== undefined) {
    if (product.family === 'postgresql') writer.refuse('replaceIfExists', 'Write CREATE OR REPLACE in its text.')
    else if (writer.isTrue('replaceIfExists')) {
      const replaced = writer.name(writer.need('procedureName'))
      const own = get('schemaName')
      drops.push(`DROP PROCEDURE IF EXISTS ${own === undefined ? replaced : `${writer.name(own)}.${replaced}`}`)
    }
  }
  const text = withoutEnd(change.file?.expanded ?? writer.need('procedureText'))
  if (text === '') return []
  const schema = get('schemaName')
  const name = get('procedureName')
  if (schema === undefined || name === undefined) return [...drops, text]
  const head = /^(\s*create\s+(?:or\s+replace\s+)?(?:procedure|function)\s+)(["`]?)([\w$]+)\2(?=[\s(])/i.exec(text)
  if (head?.[1] === undefined || head[3]?.toLowerCase() !== name.toLowerCase()) return [...drops, text]
  return [...drops, `${head[1]}${writer.name(schema)}.${text.slice(head[1].length)}`]
}

export const dropProcedure: ChangeGenerator = (writer) => [
  `DROP PROCEDURE ${writer.qualified(writer.need('procedureName'), writer.get('schemaName'), writer.get('catalogName'))}`,
]

/** Statements carry no closing delimiter. */
function withoutEnd(text: string): string {
  return text.trim().replace(/;\s*$/, '')
}

function viewOf(writer: ChangeWriter): string {
  return writer.qualified(writer.need('viewName'), writer.get('schemaName'), writer.get('catalogName'))
}
