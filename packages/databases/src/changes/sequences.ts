import type { ChangeGenerator, ChangeWriter } from './writer.ts'

export const createSequence: ChangeGenerator = (writer) => {
  const { get, product } = writer
  const mariadb = product.family === 'mysql'
  const dataType = get('dataType')
  if (mariadb && dataType !== undefined) writer.refuse('dataType')
  if (!mariadb && get('ordered') !== undefined) writer.refuse('ordered')
  const start = clause(writer, 'START WITH', 'startValue')
  const limits =
    clause(writer, 'INCREMENT BY', 'incrementBy') +
    clause(writer, 'MINVALUE', 'minValue') +
    clause(writer, 'MAXVALUE', 'maxValue')
  const cache = !mariadb && get('cacheSize') === '0' ? '' : clause(writer, 'CACHE', 'cacheSize')
  return [
    `CREATE SEQUENCE ${mariadb ? '' : ' IF NOT EXISTS '}${sequenceOf(writer)}` +
      (dataType === undefined || product.name === 'cockroachdb' ? '' : ` AS ${dataType}`) +
      (mariadb ? limits + start : start + limits) +
      cache +
      // NO CYCLE is what a new sequence does anyway.
      (writer.isTrue('cycle') ? ' CYCLE' : ''),
  ]
}

export const alterSequence: ChangeGenerator = (writer) => {
  const { get, product } = writer
  const mariadb = product.family === 'mysql'
  const dataType = get('dataType')
  if (mariadb && dataType !== undefined) writer.refuse('dataType')
  // Liquibase writes ORDER, which no database of these has.
  if (get('ordered') !== undefined) writer.refuse('ordered')
  const cycle = get('cycle')
  return [
    `ALTER SEQUENCE ${sequenceOf(writer)}${dataType === undefined ? '' : ` AS ${dataType}`}` +
      clause(writer, 'INCREMENT BY', 'incrementBy') +
      clause(writer, 'MINVALUE', 'minValue') +
      clause(writer, 'MAXVALUE', 'maxValue') +
      cacheClause(writer) +
      (cycle === undefined ? '' : writer.isTrue('cycle') ? ' CYCLE' : mariadb ? ' NOCYCLE' : ' NO CYCLE'),
  ]
}

/** PostgreSQL says "no cache" as a cache of one. */
function cacheClause(writer: ChangeWriter): string {
  if (writer.get('cacheSize') !== '0') return clause(writer, 'CACHE', 'cacheSize')
  return writer.product.family === 'mysql' ? ' NOCACHE' : ' CACHE 1'
}

export const dropSequence: ChangeGenerator = (writer) => [
  `DROP SEQUENCE ${sequenceOf(writer)}${writer.product.family === 'postgresql' ? ' CASCADE' : ''}`,
]

export const renameSequence: ChangeGenerator = (writer) => {
  const { get, product } = writer
  const old = writer.qualified(writer.need('oldSequenceName'), get('schemaName'), get('catalogName'))
  const name = writer.need('newSequenceName')
  // ALTER SEQUENCE of MariaDB cannot rename; to the server a sequence is a table.
  if (product.family === 'mysql')
    return [`RENAME TABLE ${old} TO ${writer.qualified(name, get('schemaName'), get('catalogName'))}`]
  return [`ALTER SEQUENCE ${old} RENAME TO ${writer.name(name)}`]
}

function clause({ get }: ChangeWriter, words: string, attribute: string): string {
  return get(attribute) === undefined ? '' : ` ${words} ${get(attribute)}`
}

function sequenceOf(writer: ChangeWriter): string {
  return writer.qualified(writer.need('sequenceName'), writer.get('schemaName'), writer.get('catalogName'))
}
