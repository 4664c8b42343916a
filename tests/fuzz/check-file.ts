import { computeChecksum, createMemoryTree, historyTexts, parseChangelog, parseExpression, readCsv } from '@sluice/changelog'
import { splitStatements } from '@sluice/sql'
import type { FuzzFile, FuzzKind } from './fuzz-file.ts'

/** Longest that a file may take, in milliseconds of CPU, after its length has been looked at: a stuck or quadratic reader takes seconds. */
const cpuMsMax = 1_500

const names: Readonly<Partial<Record<FuzzKind, string>>> = {
  yaml: 'a.yaml',
  json: 'a.json',
  xml: 'a.xml',
  formatted: 'a.sql',
  raw: 'a.sql',
}

/** Reads a generated file as its kind. Undefined when it was a parse or errors with places; else what is wrong with the reader. */
export function checkFile(file: FuzzFile): string | undefined {
  try {
    const problem = read(file)
    if (problem !== undefined) return problem
    // Once is not enough on a busy machine, where another process can take the time.
    if (cpuMsOf(() => read(file)) > cpuMsMax && cpuMsOf(() => read(file)) > cpuMsMax) return `It takes more than ${cpuMsMax} ms.`
    return undefined
  } catch (error) {
    return String((error as Error).stack)
  }
}

function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function read({ kind, text }: FuzzFile): string | undefined {
  const name = names[kind]
  if (name !== undefined) return readChangelog(name, { [name]: text })
  if (kind === 'properties') {
    const root =
      'databaseChangeLog:\n- property: {file: p.properties}\n- changeSet: {id: "${a}", author: a, changes: [{empty: {}}]}\n'
    return readChangelog('a.yaml', { 'a.yaml': root, 'p.properties': text })
  }
  if (kind === 'csv') {
    let rows = 0
    for (const row of readCsv(text)) if (row !== undefined) rows++
    return rows > text.length + 1 ? 'There are more rows than characters.' : undefined
  }
  if (kind === 'expression') {
    const parsed = parseExpression(text)
    return 'problem' in parsed && (parsed.at < 0 || parsed.at > text.length) ? 'The place is outside of the text.' : undefined
  }
  return split(kind === 'postgresql' || kind === 'mysql' ? kind : 'sqlite', text)
}

function readChangelog(root: string, files: Readonly<Record<string, string>>): string | undefined {
  const { changelog, diagnostics } = parseChangelog(root, createMemoryTree(files), { dbms: 'postgresql' })
  const errors = diagnostics.filter((one) => one.severity === 'error')
  if ((changelog === undefined) !== errors.length > 0) return 'There is neither a changelog nor an error, or both.'
  const nowhere = diagnostics.find((one) => one.file === undefined || (one.line ?? 1) < 1 || (one.column ?? 1) < 1)
  if (nowhere !== undefined) return `A diagnostic has no place: ${nowhere.message}`
  for (const changeset of changelog?.changesets ?? []) {
    const checksum = computeChecksum(changeset, { version: 9, dbms: 'postgresql' })
    if (!/^9:[0-9a-f]{32}$/.test(checksum) || historyTexts(changeset).description.length > 250) return 'A changeset has no row.'
  }
  return undefined
}

function split(dialect: 'postgresql' | 'mysql' | 'sqlite', text: string): string | undefined {
  const { statements, diagnostics } = splitStatements(text, { dialect })
  const nowhere = diagnostics.find((one) => (one.line ?? 1) < 1 || (one.column ?? 1) < 1)
  if (nowhere !== undefined) return `A diagnostic has no place: ${nowhere.message}`
  let at = 0
  for (const statement of statements) {
    if (statement.offset < at || statement.end < statement.offset || statement.end > text.length) return 'Statements overlap.'
    at = statement.end
  }
  return undefined
}
