import { notAppendable } from './written.ts'
import type { WrittenChangeset } from './written.ts'

interface SqlItem {
  readonly sql: { readonly sql: string; readonly splitStatements: boolean; readonly stripComments: boolean }
}

interface ChangesetDocument {
  readonly changeSet: {
    readonly id: string
    readonly author: string
    readonly comment?: string
    readonly changes: readonly SqlItem[]
    readonly rollback?: readonly (SqlItem | { readonly empty: Record<string, never> })[]
  }
}

function toDocument({ id, author, step }: WrittenChangeset): ChangesetDocument {
  const items = (statements: readonly string[]): SqlItem[] =>
    statements.map((sql) => ({ sql: { sql, splitStatements: false, stripComments: false } }))
  const rollback = step.rollback === undefined ? undefined : step.rollback.length === 0 ? [{ empty: {} }] : items(step.rollback)
  return {
    changeSet: {
      id,
      author,
      ...(step.comments.length === 0 ? {} : { comment: step.comments.join(' ') }),
      changes: items(step.statements),
      ...(rollback === undefined ? {} : { rollback }),
    },
  }
}

/** A JSON changelog with these changesets at its end. An existing one is written anew, with its content unchanged. */
export function appendJson(changesets: readonly WrittenChangeset[], existing: string | undefined): string {
  let document: { databaseChangeLog: unknown[] } = { databaseChangeLog: [] }
  if (existing !== undefined) {
    let parsed: unknown
    try {
      parsed = JSON.parse(existing)
    } catch {
      throw notAppendable('it is no JSON.')
    }
    const list = (parsed as { databaseChangeLog?: unknown } | null)?.databaseChangeLog
    if (!Array.isArray(list)) throw notAppendable('it has no list "databaseChangeLog".')
    document = parsed as typeof document
  }
  document.databaseChangeLog.push(...changesets.map(toDocument))
  return `${JSON.stringify(document, null, 2)}\n`
}

/** A YAML changelog with these changesets at its end, indented as its list is. */
export function appendYaml(changesets: readonly WrittenChangeset[], existing: string | undefined): string {
  let indent = '  '
  if (existing !== undefined) {
    const list = /^databaseChangeLog:[^\S\n]*\n(?:[^\S\n]*(?:#[^\n]*)?\n)*([^\S\n]*)- /m.exec(existing)
    if (list === null) throw notAppendable('it has no block list "databaseChangeLog".')
    if (/^(?:---|\.\.\.)/m.test(existing.slice(list.index))) throw notAppendable('it has several YAML documents.')
    indent = list[1] ?? ''
  }
  const head = existing === undefined ? 'databaseChangeLog:\n' : `${existing.trimEnd()}\n`
  if (changesets.length === 0 && existing === undefined) return 'databaseChangeLog: []\n'
  return head + changesets.map((changeset) => yamlChangeset(toDocument(changeset), indent)).join('')
}

function yamlChangeset({ changeSet }: ChangesetDocument, indent: string): string {
  const lines = [
    `- changeSet:`,
    `    id: ${JSON.stringify(changeSet.id)}`,
    `    author: ${JSON.stringify(changeSet.author)}`,
    ...(changeSet.comment === undefined ? [] : [`    comment: ${JSON.stringify(changeSet.comment)}`]),
    `    changes:`,
    ...changeSet.changes.flatMap(yamlItem),
    ...(changeSet.rollback === undefined ? [] : [`    rollback:`]),
    ...(changeSet.rollback ?? []).flatMap((item) => ('empty' in item ? ['    - empty: {}'] : yamlItem(item))),
  ]
  return lines.map((line) => (line === '' ? '\n' : `${indent}${line}\n`)).join('')
}

function yamlItem({ sql }: SqlItem): string[] {
  const inner = '        '
  // A block keeps statements readable; whatever it could change is written as a quoted string.
  const isBlock = /^[\t\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]+$/.test(sql.sql) && !/^\s|\s$|[ \t]\n|\t/.test(sql.sql)
  const text = isBlock
    ? [`${inner}sql: |-`, ...sql.sql.split('\n').map((line) => (line === '' ? '' : `${inner}  ${line}`))]
    : [`${inner}sql: ${JSON.stringify(sql.sql)}`]
  return [`    - sql:`, ...text, `${inner}splitStatements: false`, `${inner}stripComments: false`]
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>
<databaseChangeLog
    xmlns="http://www.liquibase.org/xml/ns/dbchangelog"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-latest.xsd">
`

/** An XML changelog with these changesets at its end. */
export function appendXml(changesets: readonly WrittenChangeset[], existing: string | undefined): string {
  const text = changesets.map((changeset) => xmlChangeset(toDocument(changeset))).join('')
  if (existing === undefined) return `${xmlHead}${text}</databaseChangeLog>\n`
  const end = existing.lastIndexOf('</databaseChangeLog>')
  if (end === -1) throw notAppendable('it has no "</databaseChangeLog>".')
  return `${existing.slice(0, end).trimEnd()}\n${text}${existing.slice(end)}`
}

function xmlChangeset({ changeSet }: ChangesetDocument): string {
  const item = (entry: SqlItem | { readonly empty: Record<string, never> }, indent: string): string =>
    'empty' in entry
      ? `${indent}<empty/>\n`
      : `${indent}<sql splitStatements="false" stripComments="false">${xmlText(entry.sql.sql)}</sql>\n`
  const rollback = changeSet.rollback
  return [
    `    <changeSet id="${changeSet.id}" author="${xmlAttribute(changeSet.author)}">\n`,
    changeSet.comment === undefined ? '' : `        <comment>${xmlText(changeSet.comment)}</comment>\n`,
    ...changeSet.changes.map((entry) => item(entry, '        ')),
    rollback === undefined
      ? ''
      : `        <rollback>\n${rollback.map((entry) => item(entry, '            ')).join('')}        </rollback>\n`,
    '    </changeSet>\n',
  ].join('')
}

/** As CDATA where markup would hurt the eye; a carriage return survives only as a reference. */
function xmlText(text: string): string {
  if (/[&<>]/.test(text) && !text.includes(']]>') && !text.includes('\r')) return `<![CDATA[${text}]]>`
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;')
}

function xmlAttribute(text: string): string {
  return xmlText(text).replaceAll('"', '&quot;')
}
