import { readCsv } from '@sluice/engine'
import type { ChangeNode } from '@sluice/engine'
import { bytesLiteral, booleanValue, computedValue, dateValue, nextValue, numberValue } from './values.ts'
import { loadKind } from './load-kind.ts'
import { childrenOf } from './writer.ts'
import type { ChangeWriter } from './writer.ts'

/** A column that is loaded: its name, where its value stands, and whether an update of an existing row sets it. */
export interface LoadedColumn {
  readonly name: string
  readonly isUpdated: boolean
}

/** A row as SQL values, in the order of the columns. */
export interface LoadedRows {
  readonly columns: readonly LoadedColumn[]
  readonly rows: Iterable<readonly string[]>
}

interface Column extends LoadedColumn {
  readonly index: number
  readonly type: string
  readonly spec: ChangeNode | undefined
}

/** The columns and rows of the CSV file of loadData or loadUpdateData. Problems of the file are reported with their lines. */
export function loadRows(writer: ChangeWriter): LoadedRows {
  const { file, node } = writer.change
  const { separator, quotchar, commentLineStartsWith } = node.attributes
  const reader = readCsv(file?.text ?? '', { separator, quote: quotchar, comment: commentLineStartsWith })
  const header = reader.next()
  if (header.done === true) {
    writer.report(
      'CHANGE_CSV',
      `The file "${file?.path ?? ''}" of "${writer.change.name}" is empty.`,
      'Its first line names the columns.',
    )
    return { columns: [], rows: [] }
  }
  if (header.value.isUnterminated === true)
    writer.report('CHANGE_CSV', `A quote in the first line of "${file?.path ?? ''}" is not closed.`, 'Close it.')
  const headers = header.value.values
  const columns = readColumns(headers, writer)
  return { columns, rows: convertRows(reader, headers.length, columns, writer) }
}

/** What is wrong with more lines than these is wrong with all of them. */
const problemsMax = 20

function* convertRows(
  reader: ReturnType<typeof readCsv>,
  width: number,
  columns: readonly Column[],
  writer: ChangeWriter,
): Generator<readonly string[], void, undefined> {
  const path = writer.change.file?.path ?? ''
  let problems = 0
  const report = (message: string, hint: string): void => {
    problems++
    writer.report('CHANGE_CSV', message, hint)
  }
  for (const { line, values, isUnterminated } of reader) {
    if (problems >= problemsMax) return
    if (isUnterminated === true) {
      report(`A quote in line ${line} of "${path}" is not closed.`, 'Close it; a quote inside of quotes is written twice.')
      return
    }
    if (values.length !== width) {
      report(
        `Line ${line} of "${path}" has ${values.length} values, and its header has ${width}.`,
        'Put values that hold the separator into quotes.',
      )
      continue
    }
    yield columns.map((column) => {
      try {
        return columnSql(values[column.index] ?? '', column, writer)
      } catch (error) {
        if (!(error instanceof BadValue)) throw error
        report(
          `Line ${line} of "${path}": "${error.value}" is no ${kindWords[column.type] ?? column.type} for "${column.name}".`,
          error.hint,
        )
        return 'NULL'
      }
    })
  }
}

const kindWords: Readonly<Record<string, string>> = { BOOLEAN: 'boolean', NUMBER: 'number', MOMENT: 'date or time' }

class BadValue extends Error {
  readonly value: string
  readonly hint: string

  constructor(value: string, hint: string) {
    super(value)
    this.value = value
    this.hint = hint
  }
}

function readColumns(headers: readonly string[], writer: ChangeWriter): readonly Column[] {
  const specs = childrenOf(writer.change.node, 'column')
  const byHeader = new Map<string, ChangeNode>()
  const byIndex = new Map<number, ChangeNode>()
  for (const spec of specs) {
    const index = spec.attributes['index']
    if (index !== undefined) byIndex.set(Number(index), spec)
    else byHeader.set((spec.attributes['header'] ?? spec.attributes['name'] ?? '').trim().toLowerCase(), spec)
  }
  const used = new Set<ChangeNode>()
  const columns = headers.flatMap((header, index): Column[] => {
    const spec = byIndex.get(index) ?? byHeader.get(header.trim().toLowerCase())
    if (spec !== undefined) used.add(spec)
    const name = spec?.attributes['name'] ?? header.trim()
    const given = (spec?.attributes['type'] ?? '').toUpperCase()
    if (given === 'SKIP') return []
    const type = given === '' ? typeByCatalogue(name, writer) : given
    if (name === '')
      writer.report(
        'CHANGE_CSV',
        `Column ${index + 1} of "${writer.change.file?.path ?? ''}" has no name.`,
        'Name it in the first line.',
      )
    return [{ name, index, type, spec, isUpdated: spec?.attributes['allowUpdate']?.toLowerCase() !== 'false' }]
  })
  for (const spec of specs) if (!used.has(spec)) warnOfColumn(spec, headers.length, writer)
  return columns
}

/** Liquibase leaves such a column out and says nothing, its default value too. */
function warnOfColumn({ attributes, place }: ChangeNode, width: number, writer: ChangeWriter): void {
  const { file, name: change } = writer.change
  const { name = '', header = name, index } = attributes
  const path = file?.path ?? ''
  writer.warn(
    'CHANGE_CSV_COLUMN',
    `The column "${name === '' ? header : name}" of "${change}" is left out: ` +
      (index === undefined
        ? `the first line of "${path}" does not name "${header}".`
        : `"${path}" has ${width} columns, and none of index ${index}.`),
    'Correct its name, header or index (from 0), or remove it. A defaultValue stands for empty values of columns that the file has.',
    place,
  )
}

/** What the catalogue says that a column without a type takes; empty, and asked for, while nobody knows. */
function typeByCatalogue(name: string, writer: ChangeWriter): string {
  const { columnTypes } = writer.context
  if (columnTypes === undefined) writer.awaitColumnTypes()
  const type = columnTypes?.get(name.toLowerCase())
  return type === undefined ? '' : loadKind(type, writer.product.family)
}

/** A value of the file as SQL, by the column's type; without one it is a text. */
function columnSql(value: string, column: Column, writer: ChangeWriter): string {
  const { type, spec } = column
  if (/^null$/i.test(value) || value === spec?.attributes['nullPlaceholder']) return 'NULL'
  if (value === '') return emptyValue(column, writer)
  switch (type) {
    case 'NUMERIC':
      return numberValue(value)
    case 'BOOLEAN':
      return booleanValue(parseBoolean(value), writer)
    case 'DATE':
    case 'DATETIME':
    case 'TIME':
      return dateValue(value, writer)
    case 'NUMBER':
      return plainNumber(value, writer)
    case 'MOMENT':
      return moment(value, writer)
    case 'COMPUTED':
      return computedValue(value, writer)
    case 'SEQUENCE':
      return nextValue(value, undefined, writer)
    case 'CLOB':
    case 'BLOB':
      return fileContents(value, type, writer)
    default:
      return writer.product.text(value)
  }
}

/** What stands for an empty value: the default, else an empty text where the type says text, else NULL. */
function emptyValue({ type, spec }: Column, writer: ChangeWriter): string {
  const attributes = spec?.attributes ?? {}
  if (attributes['defaultValue'] !== undefined) return writer.product.text(attributes['defaultValue'])
  if (attributes['defaultValueNumeric'] !== undefined) return numberValue(attributes['defaultValueNumeric'])
  if (attributes['defaultValueBoolean'] !== undefined) return booleanValue(attributes['defaultValueBoolean'], writer)
  if (attributes['defaultValueDate'] !== undefined) return dateValue(attributes['defaultValueDate'], writer)
  if (attributes['defaultValueComputed'] !== undefined) return computedValue(attributes['defaultValueComputed'], writer)
  if (attributes['defaultValueSequenceNext'] !== undefined) {
    return nextValue(attributes['defaultValueSequenceNext'], undefined, writer)
  }
  return type === 'STRING' ? "''" : 'NULL'
}

/** A value for a column of numbers, which nobody but the catalogue says it is: an expression would be a surprise. */
function plainNumber(value: string, { product }: ChangeWriter): string {
  const text = value.trim()
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return text
  if (product.family === 'postgresql' && /^(?:nan|[+-]?inf(?:inity)?)$/i.test(text)) return product.text(text)
  throw new BadValue(value, 'Write a number, or give the column a type: STRING for a text, COMPUTED for an expression.')
}

/** A date or time for a column of them; PostgreSQL knows more words for them than its clock (`today`). */
function moment(value: string, writer: ChangeWriter): string {
  if (/^\d/.test(value) || /^current_(?:timestamp|datetime)(?:\(\d*\))?$/i.test(value)) return dateValue(value, writer)
  if (writer.product.family === 'postgresql') return writer.product.text(value)
  throw new BadValue(value, 'Write a date as 2001-02-03, a time as 04:05:06, both as 2001-02-03T04:05:06.')
}

function parseBoolean(value: string): string {
  if (/^(true|t|1|yes|y|1\.0)$/i.test(value.trim())) return 'true'
  if (/^(false|f|0|no|n|0\.0)$/i.test(value.trim())) return 'false'
  throw new BadValue(value, 'Write true or false.')
}

function fileContents(path: string, type: 'CLOB' | 'BLOB', writer: ChangeWriter): string {
  const found = writer.change.attachments?.get(path)
  const content = type === 'CLOB' ? found?.text : found?.hex
  if (content === undefined) throw new BadValue(path, 'The value is the path of a file, from the changelog or the root.')
  return type === 'CLOB' ? writer.product.text(content) : bytesLiteral(content, writer)
}
