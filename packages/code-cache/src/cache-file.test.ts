import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTempDir } from '@sluice/testkit'
import fc from 'fast-check'
import { readCachedCode, writeCachedCode } from './cache-file.ts'

const scripts = new Map([
  ['main.cjs', Buffer.from('compiled')],
  ['chunk.cjs', Buffer.from('more of it')],
  ['empty.cjs', Buffer.alloc(0)],
])

test('compiled code comes back as it was written, and nothing else is left in the folder', async () => {
  await using dir = await openTempDir()
  const path = join(dir.path, 'program.code')
  writeCachedCode(path, { scripts, kinds: ['apply', 'postgresql'] })
  const read = readCachedCode(path)
  assert.deepEqual(new Map([...(read?.scripts ?? [])].map(([name, code]) => [name, Buffer.from(code)])), scripts)
  assert.deepEqual(read?.kinds, ['apply', 'postgresql'])
  assert.deepEqual(readdirSync(dir.path), ['program.code'])
})

test('code of which any byte is another, or which is cut or grown, is not taken', async () => {
  await using dir = await openTempDir()
  const path = join(dir.path, 'program.code')
  writeCachedCode(path, { scripts, kinds: ['apply'] })
  const whole = readFileSync(path)
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole)
    changed[at] = (changed[at] ?? 0) ^ 0x10
    writeFileSync(path, changed)
    assert.equal(readCachedCode(path), undefined, `byte ${String(at)} changed`)
    writeFileSync(path, whole.subarray(0, at))
    assert.equal(readCachedCode(path), undefined, `cut to ${String(at)} bytes`)
    writeFileSync(path, Buffer.concat([whole.subarray(0, at), Buffer.from('x'), whole.subarray(at)]))
    assert.equal(readCachedCode(path), undefined, `grown at ${String(at)}`)
  }
})

test('a file that is something else, or none, is no compiled code', async () => {
  await using dir = await openTempDir()
  const path = join(dir.path, 'program.code')
  assert.equal(readCachedCode(path), undefined)
  assert.equal(readCachedCode(dir.path), undefined)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      writeFileSync(path, Buffer.concat([bytes, Buffer.from('slccode2')]))
      assert.equal(readCachedCode(path), undefined)
    }),
    { numRuns: 300 },
  )
})
