import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { computeChecksum } from './checksum.ts'
import { createMemoryTree, type FileTree } from './file-tree.ts'
import { historyTexts } from './history-columns.ts'
import type { Changelog } from './model.ts'
import { parseChangelog } from './parse-changelog.ts'

/** Files and values of a folder in testdata; the values were written by Liquibase 4.28.0 itself. */
function openVectors(name: string): { readonly tree: FileTree; readonly rows: readonly Record<string, string>[] } {
  const folder = new URL(`../testdata/${name}/`, import.meta.url)
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.pathname.length).replace(/^\//, ''))
  const tree = createMemoryTree(Object.fromEntries(paths.map((path) => [path, readFileSync(new URL(path, folder))])))
  const lines = readFileSync(new URL('expected.tsv', folder), 'utf8').split('\n')
  const names = (lines.shift() ?? '').split('\t')
  const rows = lines
    .filter((line) => line !== '')
    .map((line) => {
      const cells = line.split('\t')
      return Object.fromEntries(names.map((column, index) => [column, cells[index] ?? '']))
    })
  return { tree, rows }
}

function parse(tree: FileTree, root: string): Changelog {
  const { changelog, diagnostics } = parseChangelog(root, tree, { dbms: 'postgresql' })
  assert.deepEqual(
    diagnostics.filter((one) => one.severity === 'error'),
    [],
  )
  assert.ok(changelog)
  return changelog
}

const { tree, rows } = openVectors('vectors')
const changelog = parse(tree, 'root.yaml')

test('the reference changelog gives the changesets that Liquibase records, in its order', () => {
  assert.deepEqual(
    changelog.changesets.map((one) => [one.path, one.id, one.author]),
    rows.map((row) => [row['filename'], row['id'], row['author']]),
  )
})

for (const [index, row] of rows.entries()) {
  const name = `${row['filename']}::${row['id']}`

  test(`${name} has the history texts that Liquibase writes`, () => {
    const changeset = changelog.changesets[index]
    assert.ok(changeset)
    const texts = historyTexts(changeset)
    assert.deepEqual(
      {
        description: texts.description,
        comments: texts.comments,
        contexts: texts.contexts ?? '',
        labels: texts.labels ?? '',
        tag: texts.tag ?? '',
      },
      {
        description: row['description'],
        comments: row['comments'],
        contexts: row['contexts'],
        labels: row['labels'],
        tag: row['tag'],
      },
    )
  })

  test(`${name} has the v9 checksum that Liquibase computes`, () => {
    const changeset = changelog.changesets[index]
    assert.ok(changeset)
    assert.equal(computeChecksum(changeset, { version: 9, dbms: 'postgresql' }), row['md5sum_v9'])
  })

  if (row['md5sum_v8'] !== '') {
    test(`${name} has the v8 checksum that Liquibase computes`, () => {
      const changeset = changelog.changesets[index]
      assert.ok(changeset)
      assert.equal(computeChecksum(changeset, { version: 8, dbms: 'postgresql' }), row['md5sum_v8'])
    })
  }
}
