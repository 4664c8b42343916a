import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConnection } from './connection.ts'

test('the connection is lost as long as one source says so', () => {
  let now = 100
  const connection = createConnection(() => now)
  const seen: (number | undefined)[] = []
  connection.subscribe(() => seen.push(connection.lostSince()))
  connection.report('calls', true)
  connection.report('list', false)
  now = 200
  connection.report('calls', false)
  connection.report('list', true)
  connection.forget('calls')
  assert.deepEqual(seen, [100, undefined])
})

test('a pause ends when a person asks for a retry, and when it is aborted', async () => {
  const connection = createConnection()
  const asked = connection.pause(60_000, new AbortController().signal)
  connection.retryNow()
  await asked
  await connection.pause(60_000, AbortSignal.abort())
})
