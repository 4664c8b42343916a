import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sendCopyData } from './copy-in.ts'

/** A socket that takes one chunk and then wants to be asked again. */
function openConnection(): {
  readonly connection: Parameters<typeof sendCopyData>[0]
  readonly chunks: Buffer[]
  readonly drain: () => void
  readonly ended: () => boolean
} {
  const chunks: Buffer[] = []
  let listener: (() => void) | undefined
  let isEnded = false
  return {
    connection: {
      stream: {
        writableNeedDrain: true,
        once: (_event, given) => (listener = given),
      },
      sendCopyFromChunk: (chunk) => {
        chunks.push(chunk)
      },
      endCopyFrom: () => {
        isEnded = true
      },
    },
    chunks,
    drain: () => listener?.(),
    ended: () => isEnded,
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('data goes out piece by piece, each after the socket has taken the one before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('x', 'é', '😀', 'a😀'), fc.nat(200_000), async (shape, length) => {
      const data = shape.repeat(Math.ceil(length / shape.length))
      const { connection, chunks, drain, ended } = openConnection()
      sendCopyData(connection, data)
      for (let sent = chunks.length; !ended(); sent = chunks.length) {
        await turn()
        assert.equal(chunks.length, sent)
        drain()
        await turn()
        assert.ok(chunks.length <= sent + 1)
      }
      assert.equal(Buffer.concat(chunks).toString(), data)
      assert.ok(chunks.every((chunk) => chunk.length <= 4 * 65_537))
    }),
    { numRuns: 20 },
  )
})

test('nothing more is sent once it is stopped', async () => {
  const { connection, chunks, drain, ended } = openConnection()
  const stop = sendCopyData(connection, 'x'.repeat(200_000))
  stop()
  drain()
  await turn()
  await turn()
  assert.equal(chunks.length, 1)
  assert.equal(ended(), false)
})
