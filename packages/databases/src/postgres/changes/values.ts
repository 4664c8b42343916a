import type { ChangeNode } from '@sluice/engine'
import { toPostgresType } from './types.ts'
import type { PostgresType } from './types.ts'
import type { ChangeWriter } from './writer.ts'

/** A text literal as Liquibase writes it: quotes doubled, nothing else touched. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** The value of a column of insert, update or addColumn as SQL; NULL when none is given. */
export function columnValue(column: ChangeNode, writer: ChangeWriter): string {
  return givenValue(column, writer) ?? 'NULL'
}

/** The same, undefined when the column has no value at all. */
export function givenValue(column: ChangeNode, writer: ChangeWriter): string | undefined {
  const { attributes } = column
  if (attributes['value'] !== undefined)
    return attributes['value'].toLowerCase() === 'null' ? 'NULL' : quoteText(attributes['value'])
  if (attributes['valueNumeric'] !== undefined) return numberValue(attributes['valueNumeric'])
  if (attributes['valueBoolean'] !== undefined) return booleanValue(attributes['valueBoolean'])
  if (attributes['valueDate'] !== undefined) return dateValue(attributes['valueDate'])
  if (attributes['valueComputed'] !== undefined) return computedValue(attributes['valueComputed'])
  if (attributes['valueSequenceNext'] !== undefined)
    return sequenceCall('nextval', attributes['valueSequenceNext'], undefined, writer)
  if (attributes['valueSequenceCurrent'] !== undefined)
    return sequenceCall('currval', attributes['valueSequenceCurrent'], undefined, writer)
  for (const name of ['valueBlobFile', 'valueClobFile']) {
    if (attributes[name] !== undefined) {
      writer.refuse(name, 'Write the value into a SQL file, or run this changeset through the original command line.')
      return 'NULL'
    }
  }
  return undefined
}

/** What stands after DEFAULT, from `defaultValue…` attributes; undefined when there is none. */
export function defaultValue(
  attributes: Readonly<Record<string, string>>,
  type: PostgresType | undefined,
  schema: string | undefined,
  writer: ChangeWriter,
): string | undefined {
  if (attributes['defaultValue'] !== undefined) return typedValue(attributes['defaultValue'], type)
  if (attributes['defaultValueNumeric'] !== undefined) {
    const written = attributes['defaultValueNumeric']
    return type?.kind === 'boolean' ? booleanValue(written) : numberValue(written)
  }
  if (attributes['defaultValueBoolean'] !== undefined) return booleanValue(attributes['defaultValueBoolean'])
  if (attributes['defaultValueDate'] !== undefined) return dateValue(attributes['defaultValueDate'])
  if (attributes['defaultValueComputed'] !== undefined) return computedValue(attributes['defaultValueComputed'])
  if (attributes['defaultValueSequenceNext'] !== undefined) {
    return sequenceCall('nextval', attributes['defaultValueSequenceNext'], schema, writer)
  }
  return undefined
}

function typedValue(text: string, type: PostgresType | undefined): string {
  if (text.toLowerCase() === 'null') return text
  if (type?.kind === 'boolean') return booleanValue(text)
  if (type?.kind === 'number' && /^[-+]?\d+(\.\d+)?$/.test(text)) return text
  if (type?.kind === 'date') return dateValue(text)
  return quoteText(text)
}

function booleanValue(text: string): string {
  const lower = text.trim().toLowerCase()
  if (lower === 'true' || lower === '1' || lower === 't' || lower === 'yes') return 'TRUE'
  return lower === 'false' || lower === '0' || lower === 'f' || lower === 'no' ? 'FALSE' : text
}

/** A number, or an expression in parentheses, which Liquibase writes without them. */
function numberValue(text: string): string {
  const expression = /^\((.*)\)$/s.exec(text.trim())
  return expression?.[1] ?? text.trim()
}

/** ISO dates get a blank for their T; the database's clock stays a function. */
function dateValue(text: string): string {
  if (isCurrentTimestamp(text)) return 'NOW()'
  if (/^current_(date|time)$/i.test(text)) return text
  const iso = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2}(?:\.\d+)?)$/.exec(text)
  return quoteText(iso === null ? text : `${iso[1]} ${iso[2]}`)
}

function computedValue(text: string): string {
  return isCurrentTimestamp(text) ? 'NOW()' : text
}

function isCurrentTimestamp(text: string): boolean {
  return /^(current_timestamp|current_datetime|now\(\))$/i.test(text.trim())
}

/** `nextval('app.seq')`: the sequence's name is a literal that holds a qualified name. */
export function sequenceCall(
  call: 'nextval' | 'currval',
  sequence: string,
  schema: string | undefined,
  writer: ChangeWriter,
): string {
  return `${call}(${quoteText(writer.qualified(sequence, schema))})`
}

/** The type of a column, when one is written. */
export function columnType(column: ChangeNode): PostgresType | undefined {
  const written = column.attributes['type']
  return written === undefined || written === '' ? undefined : toPostgresType(written)
}
