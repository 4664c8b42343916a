import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { parseChangelog } from '@sluice/changelog'
import type { FileTree } from '@sluice/changelog'
import { archiveLimits, openArchiveTree } from './archive-tree.ts'
import { openSearchPath, splitSearchPath } from './search-path.ts'
import { writeZip } from './testing/write-zip.ts'

const base = mkdtempSync(join(tmpdir(), 'sluice-search-'))
after(() => rmSync(base, { recursive: true, force: true }))
const at = (...parts: string[]): string => join(base, ...parts)
const textOf = (tree: FileTree, path: string): string | undefined => {
  const bytes = tree.readFile(path)
  return bytes === undefined ? undefined : Buffer.from(bytes).toString()
}

for (const folder of ['one/db', 'two/db']) mkdirSync(at(folder), { recursive: true })
writeFileSync(at('one/db/a.sql'), 'one a')
writeFileSync(at('one/db/both.sql'), 'one both')
writeFileSync(at('two/db/b.sql'), 'two b')
writeFileSync(at('two/db/both.sql'), 'two both')
writeZip(at('more.zip'), [
  { name: 'db/', content: '', store: true },
  { name: 'db/c.sql', content: 'zip c' },
  { name: './db//d.sql', content: 'zip d', store: true },
  { name: 'App.class', content: 'x' },
])

describe('openSearchPath', () => {
  test('finds files in folders and archives, and lists them together', async () => {
    const tree = await openSearchPath([at('one'), at('two'), at('more.zip')])
    assert.deepEqual(
      ['db/a.sql', 'db/b.sql', 'db/c.sql', 'db/d.sql', 'App.class', 'db/none.sql'].map((path) => textOf(tree, path)),
      ['one a', 'two b', 'zip c', 'zip d', undefined, undefined],
    )
    assert.deepEqual([...(tree.listFiles('db') ?? [])].sort(), ['db/a.sql', 'db/b.sql', 'db/both.sql', 'db/c.sql', 'db/d.sql'])
    assert.equal(tree.listFiles('nowhere'), undefined)
  })

  test('refuses a path that is there twice, unless the first one may win', async () => {
    const strict = await openSearchPath([at('one'), at('two')])
    assert.throws(() => strict.readFile('db/both.sql'), { code: 'SEARCH_PATH_DUPLICATE' })
    const warnings: string[] = []
    const tree = await openSearchPath([at('two'), at('one')], { duplicates: 'warn', onWarning: (text) => warnings.push(text) })
    assert.equal(textOf(tree, 'db/both.sql'), 'two both')
    assert.equal(textOf(tree, 'db/both.sql'), 'two both')
    assert.equal(warnings.length, 1)
    assert.equal(textOf(await openSearchPath([at('one'), at('two')], { duplicates: 'silent' }), 'db/both.sql'), 'one both')
    // One entry written twice is one entry.
    assert.equal(textOf(await openSearchPath([at('one'), at('one')]), 'db/both.sql'), 'one both')
  })

  test('says which entry is not there, is no archive, or is not on this host', async () => {
    await assert.rejects(openSearchPath([at('nowhere')]), { code: 'SEARCH_PATH_MISSING' })
    await assert.rejects(openSearchPath([at('one/db/a.sql')]), { code: 'SEARCH_PATH_INVALID' })
    await assert.rejects(openSearchPath(['s3://bucket/x']), { code: 'SEARCH_PATH_INVALID' })
    const warnings: string[] = []
    const tree = await openSearchPath([at('nowhere'), at('one')], { missing: 'warn', onWarning: (text) => warnings.push(text) })
    assert.equal(textOf(tree, 'db/a.sql'), 'one a')
    assert.equal(warnings.length, 1)
  })

  test('follows links out of a folder only where told to, and paths never', async () => {
    mkdirSync(at('links'))
    symlinkSync(at('one/db/a.sql'), at('links/a.sql'))
    assert.equal(textOf(await openSearchPath([at('links')]), 'a.sql'), undefined)
    const tree = await openSearchPath([at('links')], { links: 'follow' })
    assert.equal(textOf(tree, 'a.sql'), 'one a')
    assert.equal(textOf(tree, '../one/db/a.sql'), undefined)
  })

  test('reads a changelog out of an archive', async () => {
    writeZip(at('log.jar'), [
      { name: 'db/root.yaml', content: 'databaseChangeLog:\n  - includeAll: { path: parts, relativeToChangelogFile: true }\n' },
      { name: 'db/parts/1.sql', content: '--liquibase formatted sql\n--changeset bob:1\nselect 1;\n' },
    ])
    const { changelog, diagnostics } = parseChangelog('db/root.yaml', await openSearchPath([at('log.jar')]))
    assert.deepEqual(diagnostics, [])
    assert.deepEqual(
      changelog?.changesets.map(({ path, id }) => [path, id]),
      [['db/parts/1.sql', '1']],
    )
  })

  test('splits at commas', () => {
    assert.deepEqual(splitSearchPath('db, more.zip,,/x y '), ['db', 'more.zip', '/x y'])
  })
})

describe('openArchiveTree', () => {
  const refuses = async (entries: Parameters<typeof writeZip>[1], code = 'ARCHIVE_UNREADABLE'): Promise<void> => {
    writeZip(at('bad.zip'), entries)
    await assert.rejects(openArchiveTree(at('bad.zip')), { code })
  }

  test('refuses names that leave its root', async () => {
    for (const name of ['../x.sql', 'a/../../x.sql', '/etc/x.sql', 'C:/x.sql', 'C:\\x.sql'])
      await refuses([{ name, content: 'select 1' }])
  })

  test('refuses encrypted, damaged and mislabelled entries', async () => {
    await refuses([{ name: 'x.sql', content: 'select 1', flags: 1 }])
    await refuses([{ name: 'x.sql', content: 'select 1', crc: 1 }])
    await refuses([{ name: 'x.sql', content: 'select 1', method: 12 }])
    // Says eight bytes and unpacks to a megabyte: the stream is stopped, not read to its end.
    await refuses([{ name: 'x.sql', content: ' '.repeat(1_000_000), size: 8 }])
  })

  test('refuses what is no archive, or a torn one', async () => {
    writeFileSync(at('text.zip'), 'select 1')
    await assert.rejects(openArchiveTree(at('text.zip')), { code: 'ARCHIVE_UNREADABLE' })
    writeZip(at('torn.zip'), [{ name: 'x.sql', content: 'select 1' }])
    truncateSync(at('torn.zip'), 40)
    await assert.rejects(openArchiveTree(at('torn.zip')), { code: 'ARCHIVE_UNREADABLE' })
  })

  test('keeps to its bounds', async () => {
    const entries = [1, 2, 3].map((n) => ({ name: `${String(n)}.sql`, content: 'x'.repeat(100) }))
    writeZip(at('large.zip'), entries)
    const open = (limits: Partial<typeof archiveLimits>): Promise<FileTree> =>
      openArchiveTree(at('large.zip'), { ...archiveLimits, ...limits })
    await assert.rejects(open({ entriesMax: 2 }), { code: 'ARCHIVE_TOO_LARGE' })
    await assert.rejects(open({ fileBytesMax: 99 }), { code: 'ARCHIVE_TOO_LARGE' })
    await assert.rejects(open({ totalBytesMax: 299 }), { code: 'ARCHIVE_TOO_LARGE' })
    assert.equal((await open({})).listFiles('')?.length, 3)
  })
})
