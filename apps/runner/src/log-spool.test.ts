import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { openTempDir } from '@sluice/testkit'
import fc from 'fast-check'
import { LogSpool } from './log-spool.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

void describe('LogSpool', () => {
  void test('gives back what was appended, byte for byte, with its hash', async () => {
    await using dir = await openTempDir()
    const chunk = fc.uint8Array({ maxLength: 300 })
    let count = 0
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 20 }), (chunks) => {
        const spool = new LogSpool(join(dir.path, String(count++)), 1024 * 1024)
        for (const bytes of chunks) spool.append(bytes)
        spool.end()
        const whole = Buffer.concat(chunks)
        assert.equal(spool.length, whole.length)
        assert.deepEqual(spool.read(0, whole.length + 10), whole)
        assert.equal(spool.sha256, sha256(whole))
        assert.deepEqual(spool.gaps, [])
        spool.close()
      }),
      { numRuns: 50 },
    )
  })

  void test('keeps head and newest end of a log over its limit, and says what is missing between them', async () => {
    await using dir = await openTempDir()
    const bytesMax = 256 * 1024
    const spool = new LogSpool(join(dir.path, 'log'), bytesMax)
    const lines = Array.from({ length: 40_000 }, (_, index) => `line ${String(index).padStart(6, '0')}\n`)
    for (const line of lines) spool.append(Buffer.from(line))
    spool.end()
    const text = spool.read(0, spool.length).toString()
    assert.ok(spool.length <= bytesMax, `${String(spool.length)} bytes are kept`)
    assert.ok(text.startsWith('line 000000\n'))
    assert.ok(text.endsWith('line 039999\n'))
    const [gap] = spool.gaps
    assert.ok(gap)
    assert.equal(spool.gaps.length, 1)
    assert.match(text, new RegExp(`${String(gap.length)} bytes of this log were dropped`))
    // What is kept, less the line that marks the gap, and what was dropped are together all that was written.
    const markerBytes = Buffer.byteLength(/\n… \d+ bytes of this log[^\n]*\n/.exec(text)?.[0] ?? '')
    assert.equal(spool.length - markerBytes + gap.length, lines.join('').length)
    spool.close()
  })

  void test('takes nothing more after its end', async () => {
    await using dir = await openTempDir()
    const spool = new LogSpool(join(dir.path, 'log'), 1024 * 1024)
    spool.append(Buffer.from('kept'))
    spool.end()
    spool.append(Buffer.from('late'))
    spool.end()
    assert.equal(spool.read(0, 100).toString(), 'kept')
    spool.close()
  })
})
