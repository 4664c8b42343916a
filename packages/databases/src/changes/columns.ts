import type { ColumnType } from './types.ts'
import { computedValue, dateValue, nextValue } from './values.ts'
import { childrenOf } from './writer.ts'
import type { ChangeGenerator, ChangeWriter } from './writer.ts'

/** The columns that dropColumn names, in either form. */
export function droppedColumns(writer: ChangeWriter): readonly string[] {
  const listed = childrenOf(writer.change.node, 'column').map((column) => column.attributes['name'] ?? '')
  return listed.length > 0 ? listed : [writer.need('columnName')]
}

export const dropColumn: ChangeGenerator = (writer) => {
  const names = droppedColumns(writer)
  if (writer.product.family === 'mysql' && names.length > 1) {
    return [`ALTER TABLE ${writer.table()} ${names.map((name) => `DROP ${writer.name(name)}`).join(', ')}`]
  }
  return names.map((name) => `ALTER TABLE ${writer.table()} DROP COLUMN ${writer.name(name)}`)
}

export const renameColumn: ChangeGenerator = (writer) => {
  const [old, name] = [writer.name(writer.need('oldColumnName')), writer.name(writer.need('newColumnName'))]
  const table = writer.table()
  const remarks = writer.get('remarks')
  if (writer.product.family === 'mysql') {
    const type = writer.type(writer.need('columnDataType')).sql
    return [
      `ALTER TABLE ${table} CHANGE ${old} ${name} ${type}${remarks === undefined ? '' : ` COMMENT ${writer.product.text(remarks)}`}`,
    ]
  }
  if (remarks !== undefined) writer.ignore('remarks')
  return [`ALTER TABLE ${table} RENAME COLUMN ${old} TO ${name}`]
}

export const modifyDataType: ChangeGenerator = (writer) => {
  const column = writer.name(writer.need('columnName'))
  const type = writer.type(writer.need('newDataType')).sql
  if (writer.product.family === 'mysql') return [`ALTER TABLE ${writer.table()} MODIFY ${column} ${type}`]
  return [`ALTER TABLE ${writer.table()} ALTER COLUMN ${column} TYPE ${type} USING (${column}::${type})`]
}

/** The statement that fills the final column of mergeColumns. */
export function mergeValues(writer: ChangeWriter): string {
  const [first, second, final] = mergedNames(writer)
  const join = writer.product.text(writer.change.node.attributes['joinString'] ?? '')
  const value = writer.product.family === 'mysql' ? `CONCAT_WS(${join}, ${first}, ${second})` : `${first} || ${join} || ${second}`
  return `UPDATE ${writer.table()} SET ${final} = ${value}`
}

function mergedNames(writer: ChangeWriter): readonly [string, string, string] {
  const named = (attribute: string): string => writer.name(writer.need(attribute))
  return [named('column1Name'), named('column2Name'), named('finalColumnName')]
}

export const mergeColumns: ChangeGenerator = (writer) => {
  const table = writer.table()
  const [first, second, final] = mergedNames(writer)
  return [
    `ALTER TABLE ${table} ADD ${final} ${writer.type(writer.need('finalColumnType')).sql}${writer.product.family === 'mysql' ? ' NULL' : ''}`,
    mergeValues(writer),
    `ALTER TABLE ${table} DROP COLUMN ${first}`,
    `ALTER TABLE ${table} DROP COLUMN ${second}`,
  ]
}

export const addAutoIncrement: ChangeGenerator = (writer) => {
  const { get, name, product } = writer
  const table = writer.table()
  const column = writer.need('columnName')
  const start = get('startWith')
  if (product.family === 'mysql') {
    if (get('incrementBy') !== undefined) writer.refuse('incrementBy', 'The server has one step for all tables: leave it out.')
    const type = countingType(writer)
    return [
      `ALTER TABLE ${table} MODIFY ${name(column)} ${type} AUTO_INCREMENT`,
      ...(start === undefined ? [] : [`ALTER TABLE ${table} AUTO_INCREMENT=${start}`]),
    ]
  }
  const sequence = writer.qualified(`${writer.need('tableName')}_${column}_seq`, get('schemaName'))
  const options =
    (start === undefined ? '' : ` START WITH ${start}`) +
    (get('incrementBy') === undefined ? '' : ` INCREMENT BY ${get('incrementBy')}`)
  return [
    `CREATE SEQUENCE  IF NOT EXISTS ${sequence}${options}`,
    `ALTER TABLE ${table} ALTER COLUMN  ${name(column)} SET NOT NULL`,
    `ALTER TABLE ${table} ALTER COLUMN  ${name(column)} SET DEFAULT nextval(${product.text(sequence)})`,
    `ALTER SEQUENCE ${sequence} OWNED BY ${table}.${name(column)}`,
  ]
}

function countingType(writer: ChangeWriter): string {
  const written = writer.need('columnDataType')
  const type = writer.type(written)
  if (!type.canCount) {
    writer.report(
      'CHANGE_TYPE_UNSUPPORTED',
      `A column of type "${written}" cannot have autoIncrement.`,
      'Use a whole-number type.',
    )
  }
  return type.sql
}

export const addDefaultValue: ChangeGenerator = (writer) => {
  const { family } = writer.product
  const table = writer.table()
  const column = writer.name(writer.need('columnName'))
  const value = alteredDefault(writer)
  const sequence = writer.get('defaultValueSequenceNext')
  if (family === 'mysql') return [`ALTER TABLE ${table} ALTER ${column} SET DEFAULT ${value}`]
  return [
    `ALTER TABLE ${table} ALTER COLUMN  ${column} SET DEFAULT ${value}`,
    ...(sequence === undefined
      ? []
      : [`ALTER SEQUENCE ${writer.qualified(sequence, writer.get('schemaName'))} OWNED BY ${table}.${column}`]),
  ]
}

/** The value of addDefaultValue: its type only decides what is refused, other than in CREATE TABLE. */
export function alteredDefault(writer: ChangeWriter): string {
  const { attributes } = writer.change.node
  const { product } = writer
  const written = writer.get('columnDataType')
  const type = written === undefined ? undefined : writer.type(written)
  const expression = (text: string): string => (product.family === 'mysql' && !/^\(.*\)$/s.test(text) ? `(${text})` : text)
  const text = attributes['defaultValue']
  if (text !== undefined) {
    refuseMismatch(text, type, ['boolean'], writer)
    return text.toLowerCase() === 'null' ? 'null' : product.text(text)
  }
  const numeric = attributes['defaultValueNumeric']
  if (numeric !== undefined) {
    refuseMismatch(numeric, type, ['boolean', 'text'], writer)
    return plainNumber(numeric) ?? expression(numeric)
  }
  const boolean = attributes['defaultValueBoolean']
  if (boolean !== undefined) {
    refuseMismatch(boolean, type, ['text'], writer)
    return boolean.toLowerCase() === 'true' ? product.trueValue : product.falseValue
  }
  const date = attributes['defaultValueDate']
  if (date !== undefined) {
    if (!/^\d/.test(date)) return product.family === 'mysql' ? `(${date})` : dateValue(date, writer)
    refuseMismatch(date, type, ['text'], writer)
    return dateValue(date, writer)
  }
  const computed = attributes['defaultValueComputed']
  if (computed !== undefined) {
    if (product.family === 'mysql' && /\bon\s+update\b/i.test(computed)) {
      writer.refuse('defaultValueComputed', 'ON UPDATE belongs to the whole definition of a column: change it with a sql change.')
    }
    if (product.family === 'mysql') return expression(computed)
    return /^null$/i.test(computed) ? 'null' : computedValue(computed, writer)
  }
  const sequence = attributes['defaultValueSequenceNext']
  if (sequence !== undefined) return expression(nextValue(sequence, writer.get('schemaName'), writer))
  writer.report(
    'CHANGE_ATTRIBUTE_MISSING',
    'The change "addDefaultValue" has no default value.',
    'Add one of its "defaultValue…" attributes.',
  )
  return 'NULL'
}

/** `1.50` is `1.5` and `1E3` is `1000` here, since the value is read as a number first; undefined for expressions. */
function plainNumber(text: string): string | undefined {
  const match = /^([-+]?)(\d*)(?:\.(\d*))?(?:E([-+]?\d{1,3}))?$/i.exec(text.trim())
  if (match === null || (match[2] === '' && (match[3] ?? '') === '')) return undefined
  const exponent = Number(match[4] ?? 0)
  const fraction = match[3] ?? ''
  const digits = `${match[2] ?? ''}${fraction}`
  const point = (match[2] ?? '').length + exponent
  const padded = point < 0 ? '0'.repeat(-point) + digits : digits.padEnd(point, '0')
  const whole = padded.slice(0, Math.max(point, 0)).replace(/^0+(?=\d)/, '') || '0'
  const rest = padded.slice(Math.max(point, 0)).replace(/0+$/, '')
  return `${match[1] === '-' ? '-' : ''}${whole}${rest === '' ? '' : `.${rest}`}`
}

function refuseMismatch(value: string, type: ColumnType | undefined, kinds: readonly string[], writer: ChangeWriter): void {
  if (type === undefined || !kinds.includes(type.kind)) return
  writer.report(
    'CHANGE_BAD_VALUE',
    `The default value "${value}" does not fit the type "${writer.get('columnDataType') ?? ''}".`,
    'Use the attribute that fits: defaultValueBoolean, defaultValueNumeric, defaultValueDate or defaultValue.',
  )
}

export const dropDefaultValue: ChangeGenerator = (writer) => {
  const column = writer.name(writer.need('columnName'))
  return [`ALTER TABLE ${writer.table()} ALTER ${writer.product.family === 'mysql' ? '' : 'COLUMN '}${column} DROP DEFAULT`]
}

export const addNotNullConstraint: ChangeGenerator = (writer) => {
  const table = writer.table()
  const column = writer.name(writer.need('columnName'))
  const filler = writer.change.node.attributes['defaultNullValue']
  return [
    ...(filler === undefined ? [] : [`UPDATE ${table} SET ${column} = ${fillerValue(filler, writer)} WHERE ${column} IS NULL`]),
    writer.product.family === 'mysql'
      ? `ALTER TABLE ${table} MODIFY ${column} ${writer.type(writer.need('columnDataType')).sql} NOT NULL`
      : `ALTER TABLE ${table} ALTER COLUMN  ${column} SET NOT NULL`,
  ]
}

/** `defaultNullValue`: a text, but for booleans and what looks like a function. */
function fillerValue(filler: string, writer: ChangeWriter): string {
  const { product } = writer
  const written = writer.get('columnDataType')
  if (written !== undefined && writer.type(written).kind === 'boolean' && /^(true|false)$/i.test(filler)) {
    const value = filler.toLowerCase() === 'true' ? product.trueValue : product.falseValue
    return product.family === 'postgresql' ? product.text(value) : value
  }
  return /^\w+\(.*\)$/s.test(filler) ? filler : product.text(filler)
}

export const dropNotNullConstraint: ChangeGenerator = (writer) => {
  const column = writer.name(writer.need('columnName'))
  return [
    writer.product.family === 'mysql'
      ? `ALTER TABLE ${writer.table()} MODIFY ${column} ${writer.type(writer.need('columnDataType')).sql} NULL`
      : `ALTER TABLE ${writer.table()} ALTER COLUMN  ${column} DROP NOT NULL`,
  ]
}
