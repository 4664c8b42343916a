import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createFolderTree } from './folder-tree.ts'

describe('createFolderTree', () => {
  const base = mkdtempSync(join(tmpdir(), 'sluice-tree-'))
  const root = join(base, 'repository')
  mkdirSync(join(root, 'db', 'sub'), { recursive: true })
  mkdirSync(join(root, '.git'))
  writeFileSync(join(base, 'outside.sql'), 'secret')
  writeFileSync(join(root, 'db', 'a.sql'), 'select 1')
  writeFileSync(join(root, 'db', 'sub', 'b.sql'), 'select 2')
  writeFileSync(join(root, '.git', 'config'), '[core]')
  symlinkSync(join(base, 'outside.sql'), join(root, 'db', 'escape.sql'))
  symlinkSync(base, join(root, 'up'))
  symlinkSync('a.sql', join(root, 'db', 'alias.sql'))
  after(() => rmSync(base, { recursive: true, force: true }))
  const tree = createFolderTree(root)
  const text = (path: string): string | undefined => {
    const bytes = tree.readFile(path)
    return bytes === undefined ? undefined : Buffer.from(bytes).toString()
  }

  test('reads files below the folder, and through links that stay inside it', () => {
    assert.equal(text('db/a.sql'), 'select 1')
    assert.equal(text('db/alias.sql'), 'select 1')
  })
  test('has no file outside of the folder, by whatever way', () => {
    for (const path of ['../outside.sql', 'db/escape.sql', 'up/outside.sql', '/etc/passwd', 'db/../../outside.sql']) {
      assert.equal(text(path), undefined, path)
    }
  })
  test('lists files at any depth with their paths from the root, without what Git keeps', () => {
    assert.deepEqual([...(tree.listFiles('db') ?? [])].sort(), ['db/a.sql', 'db/alias.sql', 'db/escape.sql', 'db/sub/b.sql'])
    assert.equal(
      (tree.listFiles('') ?? []).some((path) => path.startsWith('.git/')),
      false,
    )
    assert.equal(tree.listFiles('nowhere'), undefined)
  })
  test('follows links to folders, each loop once, and names what it may not enter', () => {
    mkdirSync(join(root, 'linked'))
    symlinkSync('../db/sub', join(root, 'linked', 'sub'))
    for (const name of ['back', 'again', 'and-again']) symlinkSync('..', join(root, 'db', name))
    symlinkSync('self', join(root, 'linked', 'self'))
    symlinkSync(base, join(root, 'linked', 'out'))
    assert.deepEqual([...(tree.listFiles('linked') ?? [])].sort(), ['linked/out/', 'linked/self', 'linked/sub/b.sql'])
    const all = tree.listFiles('') ?? []
    assert.equal(new Set(all).size, all.length)
    assert.ok(all.includes('db/sub/b.sql') && all.includes('linked/sub/b.sql'))
    assert.ok(all.length < 40, 'a folder is not entered from within itself')
  })
  test('says why a path that is there has no text', () => {
    const explain = (path: string): string | undefined => tree.explainMissing?.(path)
    assert.equal(explain('db'), 'is a folder')
    assert.equal(explain('db/escape.sql'), 'is reached by a link that leaves the folder')
    assert.equal(explain('linked/self'), 'is a link that leads nowhere')
    assert.equal(explain('nowhere'), undefined)
  })
})
