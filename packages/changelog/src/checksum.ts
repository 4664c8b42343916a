import { matchesChangeDbms, matchesDbms } from './expression.ts'
import { javaSetOrder } from './java-values.ts'
import { md5Hex } from './md5.ts'
import type {
  Change,
  ChangeNode,
  Changeset,
  ModelledChange,
  ModelledChangeName,
  SqlChange,
  SqlFileChange,
  SqlVisitor,
} from './model.ts'
import { contextForm } from './history-columns.ts'
import { serializeChange } from './serialize-change.ts'
import { sha256Hex } from './sha256.ts'

/** 9 is what Liquibase writes since 4.22; 8 what 3.5 to 4.21 wrote. Older ones cannot be computed. */
export type ChecksumVersion = 8 | 9

export const currentChecksumVersion: ChecksumVersion = 9

/** The version of a stored checksum (`9:…`); a value without one is version 1. Undefined for no checksum. */
export function checksumVersion(stored: string | null | undefined): number | undefined {
  if (stored === null || stored === undefined || stored === '') return undefined
  const match = /^(\d{1,3}):/.exec(stored)
  return match === null ? 1 : Number(match[1])
}

/**
 * The MD5SUM of a changeset, as Liquibase 4.28 computes it. `dbms` is the short name of the database: v9 leaves out changes and
 * SQL visitors that are for other databases.
 */
export function computeChecksum(
  changeset: Pick<Changeset, 'changes' | 'modifySql'>,
  options: { readonly version: ChecksumVersion; readonly dbms: string },
): string {
  const { version, dbms } = options
  const last = computed.get(changeset)
  if (last !== undefined && last.version === version && last.dbms === dbms) return last.checksum
  const checksum = hashChangeset(changeset, version, dbms)
  computed.set(changeset, { version, dbms, checksum })
  return checksum
}

/** A changeset never changes once it is read, and a command plans twice: before the lock and under it. */
const computed = new WeakMap<object, { readonly version: ChecksumVersion; readonly dbms: string; readonly checksum: string }>()

function hashChangeset(changeset: Pick<Changeset, 'changes' | 'modifySql'>, version: ChecksumVersion, dbms: string): string {
  const changes = version === 9 ? changeset.changes.filter((change) => runsOn(change, dbms)) : changeset.changes
  const visitors = changeset.modifySql.filter(
    (visitor) => visitor.name !== 'appendSqlIfNotPresent' && matchesDbms(visitor.dbms, dbms),
  )
  const parts = [
    ...changes.map((change) => `${version}:${changeHash(change, version)}:`),
    ...visitors.map((visitor) => `${version}:${visitorHash(visitor, version)};`),
  ]
  return `${version}:${md5Text(parts.join(''))}`
}

/**
 * Whether a stored checksum is one that another release of Liquibase computed for this very changeset. Up to 4.22 the text of an
 * sqlFile could count with its properties expanded, which later releases accept (ChangeSet.isCheckSumValid of 4.33), and 4.33.0 alone
 * counted a field `rawDateValue` of columns with dates; its rows say so in LIQUIBASE. Such a checksum stays as it is stored.
 */
export function isToleratedChecksum(
  changeset: Pick<Changeset, 'changes' | 'modifySql'>,
  row: { readonly checksum: string; readonly toolVersion: string | null },
  dbms: string,
): boolean {
  const version = checksumVersion(row.checksum)
  if (version !== 8 && version !== 9) return false
  const hashOf = (changes: readonly Change[]): string => computeChecksum({ ...changeset, changes }, { version, dbms })
  const hasFiles = changeset.changes.some((change) => change.type === 'sqlFile' && change.text !== change.rawText)
  if (hasFiles && hashOf(changeset.changes.map(withExpandedText)) === row.checksum) return true
  return row.toolVersion === '4.33.0' && version === 9 && hashOf(changeset.changes.map(withRawDates)) === row.checksum
}

function withExpandedText(change: Change): Change {
  return change.type === 'sqlFile' ? { ...change, rawText: change.text } : change
}

function withRawDates(change: Change): Change {
  return change.type === 'modelled' ? { ...change, node: withRawDate(change.node) } : change
}

function withRawDate(node: ChangeNode): ChangeNode {
  const children = node.children.map(withRawDate)
  const date = node.name === 'column' ? node.attributes['valueDate'] : undefined
  return date === undefined
    ? { ...node, children }
    : { ...node, children, attributes: { ...node.attributes, rawDateValue: date } }
}

/**
 * SHA-256 over exactly what a changeset would run, in order: unlike the MD5SUM it sees blanks inside of literals, split options,
 * rollbacks and preconditions of other editions of the same text.
 */
export function computeExactDigest(changeset: Changeset): string {
  const { place: _, ...content } = changeset
  return sha256Hex(JSON.stringify(content, (key, value: unknown) => (key === 'place' ? undefined : value)))
}

function runsOn(change: Change, dbms: string): boolean {
  if (change.type !== 'modelled') return matchesChangeDbms(change.dbms, dbms)
  return dbmsChanges.has(change.name) ? matchesChangeDbms(change.node.attributes['dbms'], dbms) : true
}

const dbmsChanges: ReadonlySet<ModelledChangeName> = new Set(['insert', 'createProcedure'])

function changeHash(change: Change, version: ChecksumVersion): string {
  if (change.type === 'modelled') return modelledHash(change, version)
  return version === 9 ? textHashV9(change.type === 'sql' ? change.text : change.rawText) : sqlHashV8(change)
}

/** Blanks do not count anywhere, not even inside of literals. */
function textHashV9(text: string): string {
  return md5Hex(text.replace(/[ \t\r\n]+/g, ''))
}

function sqlHashV8(change: SqlChange | SqlFileChange): string {
  const flags = `${change.endDelimiter ?? 'null'}:${change.splitStatements}:${change.stripComments}:`
  return md5Hex(flags + collapseBlanks(change.type === 'sql' ? change.text : change.rawText))
}

function collapseBlanks(text: string): string {
  return text.replace(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, '')
}

const excludedV9: Readonly<Partial<Record<ModelledChangeName, readonly string[]>>> = {
  addForeignKeyConstraint: ['referencesUniqueColumn'],
  createIndex: ['associatedWith', 'using'],
  createProcedure: ['path', 'dbms', 'relativeToChangelogFile', 'procedureText', 'encoding', 'comment'],
  createTable: ['ifNotExists', 'rowDependencies'],
  createView: ['path', 'relativeToChangelogFile', 'selectQuery', 'encoding'],
  dropIndex: ['associatedWith'],
  executeCommand: ['os'],
  tagDatabase: ['keepTagOnRollback'],
}

const excludedV8: Readonly<Partial<Record<ModelledChangeName, readonly string[]>>> = {
  ...excludedV9,
  createProcedure: ['comment'],
  createView: [],
}

function modelledHash(change: ModelledChange, version: ChecksumVersion): string {
  const { name, node } = change
  const excluded = new Set((version === 9 ? excludedV9 : excludedV8)[name])
  const structure = md5Text(
    serializeChange(version === 8 && name === 'createProcedure' ? withProcedureBody(node) : node, excluded),
  )
  if (name === 'createView' || name === 'createProcedure') {
    const text = change.file?.text ?? node.attributes[name === 'createView' ? 'selectQuery' : 'procedureText'] ?? ''
    if (version === 9) return md5Text(`9:${structure}:9:${textHashV9(text)}`)
    if (change.file !== undefined) {
      const fileHash = md5Hex(`;:false:false:${collapseBlanks(text)}`)
      return md5Text(`8:${structure}:8:${fileHash}`)
    }
  }
  if (name === 'loadData' || name === 'loadUpdateData') {
    const rows = dataHash(change.file?.text ?? '', node.attributes['commentLineStartsWith'])
    return md5Text(`${node.attributes['tableName'] ?? ''}:${version}:${rows}`)
  }
  return structure
}

/** The name that the text of a procedure has in v8 checksums. */
function withProcedureBody(node: ChangeNode): ChangeNode {
  const { procedureText, ...attributes } = node.attributes
  return procedureText === undefined ? node : { ...node, attributes: { ...attributes, procedureBody: procedureText } }
}

/** Data files count without carriage returns, empty lines and comment lines. */
function dataHash(text: string, comment: string | undefined): string {
  const mark = comment === undefined || comment === '' ? '#' : comment
  const lines = text.replaceAll('\r', '').split('\n')
  return md5Hex(lines.filter((line) => line !== '' && !line.startsWith(mark)).join('\n'))
}

/** `appendSqlIfNotPresent` never counted. v8 also has what a visitor is for, as a list, which only this one place needs. */
function visitorHash(visitor: SqlVisitor, version: ChecksumVersion): string {
  const attributes: Record<string, string> = { ...visitor.attributes, applyToRollback: String(visitor.applyToRollback) }
  if (version === 8 && visitor.context !== undefined) attributes['contextFilter'] = contextForm(visitor.context)
  if (version === 8 && visitor.labels !== undefined) attributes['labels'] = visitor.labels
  const text = serializeChange({ name: visitor.name, attributes, children: [], place: visitor.place })
  if (version === 9 || visitor.dbms === undefined) return md5Text(text)
  const names = javaSetOrder(visitor.dbms.split(',').map((name) => name.trim())).map((name) => `        ${name}`)
  const list = `    applicableDbms=[\n${names.join(',\n')}\n    ]`
  return md5Text(text.replace('[\n', () => `[\n${list}\n`))
}

/** MD5 of a text that only differs by its line ends or its Unicode form. */
function md5Text(text: string): string {
  return md5Hex(text.replaceAll('\r\n', '\n').replaceAll('\r', '\n').replaceAll('\uFFFD', '').normalize('NFC'))
}
