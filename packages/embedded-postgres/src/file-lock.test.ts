import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openFileLock } from './file-lock.ts'

const dir = mkdtempSync(join(tmpdir(), 'sluice-lock-test-'))
after(() => rmSync(dir, { recursive: true, force: true }))

test('an exclusive lock is held by one at a time and can be taken again after its release', async () => {
  const path = join(dir, 'exclusive')
  const first = await openFileLock(path)
  await assert.rejects(openFileLock(path), { code: 'FILE_LOCK_HELD', kind: 'conflict' })
  first.release()
  first.release()
  using _ = await openFileLock(path)
})

test('shared locks go together and keep an exclusive one out', async () => {
  const path = join(dir, 'shared')
  const first = await openFileLock(path, { mode: 'shared' })
  const second = await openFileLock(path, { mode: 'shared' })
  await assert.rejects(openFileLock(path), { code: 'FILE_LOCK_HELD' })
  first.release()
  second.release()
  using _ = await openFileLock(path)
})

test('a waiting lock gets its turn when the other lets go', async () => {
  const path = join(dir, 'waiting')
  const first = await openFileLock(path)
  const second = openFileLock(path, { waitMs: 10_000 })
  first.release()
  ;(await second).release()
})

test('an aborted wait ends with the reason of its signal', async () => {
  const path = join(dir, 'aborted')
  using _ = await openFileLock(path)
  await assert.rejects(openFileLock(path, { waitMs: 10_000, signal: AbortSignal.abort(new Error('enough')) }), /enough/)
})
