import type { ChangeNode } from '@sluice/engine'
import type { ColumnType } from './types.ts'
import type { ChangeWriter } from './writer.ts'

type Attributes = Readonly<Record<string, string>>

/** The value of a column of insert, update or addColumn as SQL; NULL when none is given. */
export function columnValue(column: ChangeNode, writer: ChangeWriter): string {
  return givenValue(column, writer) ?? 'NULL'
}

/** The same, undefined when the column has no value at all. */
export function givenValue(column: ChangeNode, writer: ChangeWriter): string | undefined {
  const { attributes } = column
  const { product } = writer
  if (attributes['value'] !== undefined) {
    return attributes['value'].toLowerCase() === 'null' ? 'NULL' : product.text(attributes['value'])
  }
  if (attributes['valueNumeric'] !== undefined) return numberValue(attributes['valueNumeric'])
  if (attributes['valueBoolean'] !== undefined) return booleanValue(attributes['valueBoolean'], writer)
  if (attributes['valueDate'] !== undefined) return dateValue(attributes['valueDate'], writer)
  if (attributes['valueComputed'] !== undefined) return computedValue(attributes['valueComputed'], writer)
  if (attributes['valueSequenceNext'] !== undefined) return nextValue(attributes['valueSequenceNext'], undefined, writer)
  if (attributes['valueSequenceCurrent'] !== undefined) {
    if (product.family === 'postgresql') return sequenceCall('currval', attributes['valueSequenceCurrent'], undefined, writer)
    writer.refuse('valueSequenceCurrent')
    return 'NULL'
  }
  return fileValue(attributes, writer)
}

/** The contents of a file as a literal: `valueClobFile` as text, `valueBlobFile` as bytes. */
function fileValue(attributes: Attributes, writer: ChangeWriter): string | undefined {
  for (const name of ['valueClobFile', 'valueBlobFile'] as const) {
    const path = attributes[name]
    if (path === undefined) continue
    const found = writer.change.attachments?.get(path)
    if (found === undefined) {
      writer.report('CHANGE_FILE_MISSING', `The file "${path}" of "${name}" was not read with the changelog.`, 'Check the path.')
      return 'NULL'
    }
    return name === 'valueClobFile' ? writer.product.text(found.text ?? '') : bytesLiteral(found.hex ?? '', writer)
  }
  return undefined
}

/** Bytes, given as hexadecimal digits. */
export function bytesLiteral(hex: string, { product }: Pick<ChangeWriter, 'product'>): string {
  return product.family === 'postgresql' ? `'\\x${hex}'` : `X'${hex.toUpperCase()}'`
}

/** What stands after DEFAULT in a column definition; undefined when there is none. */
export function defaultValue(attributes: Attributes, type: ColumnType | undefined, writer: ChangeWriter): string | undefined {
  const text = attributes['defaultValue']
  if (text !== undefined) return typedValue(text, type, writer)
  const numeric = attributes['defaultValueNumeric']
  if (numeric !== undefined) {
    if (type?.kind === 'boolean') return typedValue(numeric, type, writer)
    return type?.kind === 'text' ? writer.product.text(numeric) : numberValue(numeric)
  }
  const boolean = attributes['defaultValueBoolean']
  if (boolean !== undefined) {
    if (type?.kind === 'text') return writer.product.text(boolean)
    return type === undefined || type.kind === 'boolean' ? booleanValue(boolean, writer) : boolean
  }
  if (attributes['defaultValueDate'] !== undefined) return dateValue(attributes['defaultValueDate'], writer)
  if (attributes['defaultValueComputed'] !== undefined) return computedValue(attributes['defaultValueComputed'], writer)
  const sequence = attributes['defaultValueSequenceNext']
  return sequence === undefined ? undefined : nextValue(sequence, undefined, writer)
}

function typedValue(text: string, type: ColumnType | undefined, writer: ChangeWriter): string {
  if (text.toLowerCase() === 'null') return 'null'
  if (type?.kind === 'number') return text
  if (type?.kind === 'boolean') return parsedBoolean(text, writer)
  if (type?.kind === 'date') return writtenDate(text, writer)
  return writer.product.text(text)
}

/** The words that Liquibase takes for booleans; anything else is an error there too. */
function parsedBoolean(text: string, writer: ChangeWriter): string {
  const lower = text.trim().toLowerCase()
  if (['true', 't', '1', "b'1'", '1.0'].includes(lower)) return writer.product.trueValue
  if (['false', 'f', '0', "b'0'", '0.0'].includes(lower)) return writer.product.falseValue
  writer.report('CHANGE_BAD_VALUE', `"${text}" in "${writer.change.name}" is no boolean.`, 'Write true or false.')
  return text
}

export function booleanValue(text: string, { product }: ChangeWriter): string {
  return text.trim().toLowerCase() === 'true' ? product.trueValue : product.falseValue
}

/** A number, or an expression in parentheses, which Liquibase writes without them. */
export function numberValue(text: string): string {
  const expression = /^\((.*)\)$/s.exec(text.trim())
  return expression?.[1] ?? text.trim()
}

/** A date that was written as text, for a column of dates. SQLite knows its clock by name only. */
function writtenDate(text: string, writer: ChangeWriter): string {
  if (writer.product.family === 'sqlite' && /^current_(timestamp|date|time)$/i.test(text)) return text
  return writer.product.text(text)
}

/** ISO dates get a blank for their T; the database's clock stays a function. */
export function dateValue(text: string, writer: ChangeWriter): string {
  const clock = databaseClock(text, writer)
  if (clock !== undefined) return clock
  const iso = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2}(?:\.\d+)?)$/.exec(text)
  if (iso !== null) return `'${iso[1]} ${withoutZeros(iso[2] ?? '')}'`
  return /^\d/.test(text) ? writer.product.text(text) : text
}

/** Zeros at the end of a fraction say nothing. */
export function withoutZeros(time: string): string {
  return time.includes('.') ? time.replace(/\.?0+$/, '') : time
}

/** A function, with the names of the clock turned into this database's own. */
export function computedValue(text: string, writer: ChangeWriter): string {
  return databaseClock(text, writer) ?? text
}

function databaseClock(text: string, { product }: ChangeWriter): string | undefined {
  if (/^current_datetime$/i.test(text) || text.toLowerCase() === product.now.toLowerCase()) return product.now
  if (!/^current_timestamp/i.test(text)) return undefined
  const rest = text.slice('current_timestamp'.length)
  if (product.nowWithPrecision === undefined || rest === '') return product.now
  const precision = /^\((\d+)\)$/.exec(rest)?.[1]
  return precision === undefined ? undefined : product.nowWithPrecision(precision)
}

/** The next value of a sequence as an expression. */
export function nextValue(sequence: string, schema: string | undefined, writer: ChangeWriter): string {
  if (!writer.product.hasSequences) {
    writer.report(
      'CHANGE_ATTRIBUTE_UNSUPPORTED',
      `"${writer.change.name}" uses the sequence "${sequence}", and ${writer.product.name} has no sequences.`,
      'Use autoIncrement, or limit the changeset with dbms to the databases that have sequences.',
    )
    return 'NULL'
  }
  if (writer.product.family === 'postgresql') return sequenceCall('nextval', sequence, schema, writer)
  return `NEXT VALUE FOR ${writer.qualified(sequence, schema)}`
}

/** `nextval('app.seq')`: the sequence's name is a literal that holds a qualified name. */
function sequenceCall(call: 'nextval' | 'currval', sequence: string, schema: string | undefined, writer: ChangeWriter): string {
  return `${call}(${writer.product.text(writer.qualified(sequence, schema))})`
}
