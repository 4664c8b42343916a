import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { blockLines, LogBuffer } from './log-buffer.ts'

const linesOf = (buffer: LogBuffer): string[] => buffer.snapshot().blocks.flatMap(({ lines }) => lines)

test('a text gives the same lines however it is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-c\n]{0,9}$/)), (pieces) => {
      const buffer = new LogBuffer()
      for (const piece of pieces) buffer.append(piece)
      buffer.end()
      const expected = pieces.join('').split('\n')
      if (expected.at(-1) === '') expected.pop()
      assert.deepEqual(linesOf(buffer), expected)
      assert.equal(buffer.snapshot().partial, '')
    }),
  )
})

test('a line that is not complete is shown as it grows', () => {
  const buffer = new LogBuffer()
  buffer.append('one\ntw')
  assert.equal(buffer.snapshot().partial, 'tw')
  buffer.append('o\n')
  assert.deepEqual(linesOf(buffer), ['one', 'two'])
})

test('a log that begins inside a line leaves that line out', () => {
  const buffer = new LogBuffer({ startsInside: true })
  buffer.append('rest of')
  buffer.append(' it\nwhole\n')
  assert.deepEqual(linesOf(buffer), ['whole'])
})

test('old blocks are dropped and counted, and blocks that stay are the same objects', () => {
  const buffer = new LogBuffer({ linesMax: blockLines * 2 })
  const line = (count: number): string => Array.from({ length: count }, (_, index) => `${String(index)}\n`).join('')
  buffer.append(line(blockLines * 2))
  const [, second] = buffer.snapshot().blocks
  buffer.append('one more\n')
  const after = buffer.snapshot()
  assert.equal(after.droppedLines, blockLines)
  assert.equal(after.blocks[0], second)
  assert.equal(after.lineCount, blockLines + 1)
})

test('terminal codes and carriage returns are removed', () => {
  const buffer = new LogBuffer()
  buffer.append('\u001B[31mred\u001B[0m\r\n\u001B]0;title\u0007plain\n')
  assert.deepEqual(linesOf(buffer), ['red', 'plain'])
})

test('a snapshot stays the same until something changes', () => {
  const buffer = new LogBuffer()
  buffer.append('a\n')
  assert.equal(buffer.snapshot(), buffer.snapshot())
})
