import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leastCpuMs } from '@sluice/testkit'
import { createMemoryTree } from './file-tree.ts'
import { parseChangelog } from './parse-changelog.ts'

const list = (count: number, one: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => one(index)).join('')

/** A changelog of so many changesets in each document format; the last one has an anchor, which only the full YAML parser reads. */
const documents: Readonly<Record<string, (count: number) => string>> = {
  'quick.yaml': (count) =>
    `databaseChangeLog:\n${list(count, (index) => `- changeSet:\n    id: ${index}\n    author: bob\n    changes:\n    - dropTable: {tableName: t${index}}\n`)}`,
  'full.yaml': (count) =>
    `databaseChangeLog:\n${list(count, (index) => `- changeSet:\n    id: ${index}\n    author: &a${index} bob\n    changes:\n    - dropTable: {tableName: t${index}}\n`)}`,
  'a.json': (count) =>
    `{"databaseChangeLog": [${list(count, (index) => `{"changeSet": {"id": ${index}, "author": "bob", "changes": [{"dropTable": {"tableName": "t${index}"}}]}},\n`).slice(0, -2)}]}`,
  'a.xml': (count) =>
    `<databaseChangeLog>${list(count, (index) => `<changeSet id="${index}" author="bob"><dropTable tableName="t${index}"/></changeSet>\n`)}</databaseChangeLog>`,
}

for (const [name, render] of Object.entries(documents)) {
  test(`four times as many changesets in ${name} take about four times as long`, () => {
    const elapsed = (count: number): number => {
      const tree = createMemoryTree({ [name]: render(count) })
      return leastCpuMs(() => assert.equal(parseChangelog(name, tree).changelog?.changesets.length, count))
    }
    elapsed(100)
    const small = Math.max(elapsed(400), 5)
    // Quadratic work would take sixteen times as long.
    assert.ok(elapsed(1_600) < small * 12)
  })
}
