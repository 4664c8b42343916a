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
})
