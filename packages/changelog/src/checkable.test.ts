import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryTree } from './file-tree.ts'
import { parseChangelog } from './parse-changelog.ts'

/** The ids that can be looked at further; undefined where none can, `whole` where there is no error. */
function checkable(files: Readonly<Record<string, string>>): readonly string[] | 'whole' | undefined {
  const { changelog, checkable: found } = parseChangelog(Object.keys(files)[0] ?? '', createMemoryTree(files))
  equal(changelog !== undefined && found !== undefined, false)
  return changelog === undefined ? found?.changesets.map(({ id }) => id) : 'whole'
}

const yaml = (...changesets: readonly string[]): string =>
  `databaseChangeLog:\n${changesets.map((text) => `- ${text}\n`).join('')}`
const good = 'changeSet: {id: good, author: a, changes: [{sql: select 1}]}'
const bad = 'changeSet: {id: bad, author: a, runOrder: late, changes: [{dropTable: {}}]}'
const header = '--liquibase formatted sql\n'

describe('what can be checked further of a changelog with errors', () => {
  it('is all but the changesets that have them', () => {
    deepEqual(checkable({ 'a.yaml': yaml(good, bad) }), ['good'])
    deepEqual(checkable({ 'a.yaml': yaml(good, good) }), ['good'])
    deepEqual(checkable({ 'a.yaml': yaml(good, 'changeSet: {id: gone, author: a, changes: [{sqlFile: {path: none.sql}}]}') }), [
      'good',
    ])
    deepEqual(checkable({ 'a.yaml': yaml('changeSet: {author: a}', good) }), ['good'])
    equal(checkable({ 'a.yaml': yaml(good) }), 'whole')
  })

  it('is so in formatted SQL too', () => {
    const one = '--changeset a:1\nselect 1;\n'
    deepEqual(checkable({ 'a.sql': `${header}${one}--changeset a:2 wrongKey:x\nselect 2;\n--changeset a:3\nselect 3;\n` }), [
      '1',
      '3',
    ])
    deepEqual(checkable({ 'a.sql': `${header}${one}--changeset\nselect 2;\n--changeset a:3\nselect 3;\n` }), ['1', '3'])
    deepEqual(checkable({ 'a.sql': `${header}${one}--ignoreLines:some\nselect 2;\n--changeset a:3\nselect 3;\n` }), ['3'])
  })

  it('is nothing where an error may make others look wrong', () => {
    equal(checkable({ 'a.yaml': yaml(good, bad, 'include: {file: none.yaml}') }), undefined)
    equal(checkable({ 'a.yaml': yaml('property: {name: x}', good, bad) }), undefined)
    equal(checkable({ 'a.yaml': 'databaseChangeLog:\n- changeSet: {' }), undefined)
    equal(
      checkable({ 'a.sql': `${header}--changeset a:1\n--property name:x\nselect 1;\n--changeset a:2 wrongKey:x\n` }),
      undefined,
    )
  })
})
