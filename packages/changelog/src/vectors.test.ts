import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { computeChecksum } from './checksum.ts'
import { createMemoryTree } from './file-tree.ts'
import { historyTexts } from './history-columns.ts'
import type { Changeset } from './model.ts'
import { parseChangelog } from './parse-changelog.ts'

/** One row of an expected.tsv: what Liquibase 4.28.0 itself records for a changeset on PostgreSQL. */
interface ExpectedRow {
  readonly root: string
  readonly filename: string
  readonly id: string
  readonly author: string
  readonly md5sum_v9: string
  readonly md5sum_v8: string
  readonly description: string
  readonly comments: string
  readonly contexts: string
  readonly labels: string
  readonly tag: string
}

/** Changesets that a run without filters does not select, so that Liquibase recorded nothing for them. */
function isRecorded(changeset: Changeset): boolean {
  return !changeset.ignore && changeset.context?.startsWith('@') !== true
}

function checkFolder(name: string): void {
  const folder = new URL(`../testdata/${name}/`, import.meta.url)
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = entries.map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.pathname.length).replace(/^\//, ''))
  const tree = createMemoryTree(Object.fromEntries(paths.map((path) => [path, readFileSync(new URL(path, folder))])))
  const expected = readRows(readFileSync(new URL('expected.tsv', folder), 'utf8'))

  for (const [root, rows] of Object.entries(Object.groupBy(expected, (row) => row.root))) {
    test(`Liquibase and we agree on every changeset of ${name}/${root}`, () => {
      const { changelog, diagnostics } = parseChangelog(root, tree, { dbms: 'postgresql' })
      assert.deepEqual(
        diagnostics.filter((one) => one.severity === 'error'),
        [],
      )
      const found = (changelog?.changesets ?? []).filter(isRecorded)
      assert.deepEqual(
        found.map((changeset, index) => rowOf(root, changeset, rows?.[index]?.md5sum_v8 !== '')),
        rows,
      )
    })
  }
}

function rowOf(root: string, changeset: Changeset, hasV8: boolean): ExpectedRow {
  const texts = historyTexts(changeset)
  return {
    root,
    filename: changeset.path,
    id: changeset.id,
    author: changeset.author,
    md5sum_v9: computeChecksum(changeset, { version: 9, dbms: 'postgresql' }),
    md5sum_v8: hasV8 ? computeChecksum(changeset, { version: 8, dbms: 'postgresql' }) : '',
    description: texts.description,
    comments: texts.comments,
    contexts: texts.contexts ?? '',
    labels: texts.labels ?? '',
    tag: texts.tag ?? '',
  }
}

/** Tabs, line ends and backslashes in cells are escaped. The first folder has no column for the root. */
function readRows(text: string): ExpectedRow[] {
  const lines = text.split('\n')
  const names = (lines.shift() ?? '').split('\t')
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const cells = line
        .split('\t')
        .map((cell) => cell.replace(/\\([nt\\])/g, (_, code) => ({ n: '\n', t: '\t' })[code as 'n'] ?? '\\'))
      const row = Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']))
      return { root: 'root.yaml', ...row } as unknown as ExpectedRow
    })
}

checkFolder('vectors')
checkFolder('vectors-more')
checkFolder('vectors-paths')
