import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFetchResponse } from './fetch-response.ts'

const bytes = new TextEncoder().encode('{"größe":1}')
const answer = { status: 200, headers: { 'content-type': 'application/json', 'set-cookie': ['a', 'b'] }, bytes }

test('an answer in memory reads like one of fetch', async () => {
  const response = createFetchResponse(answer)
  const same = new Response(bytes, { status: 200, headers: { 'content-type': 'application/json' } })
  assert.equal(await response.text(), await same.clone().text())
  assert.deepEqual(await response.json(), await same.clone().json())
  assert.deepEqual(await response.arrayBuffer(), await same.clone().arrayBuffer())
  assert.equal(response.headers.get('Content-Type'), same.headers.get('Content-Type'))
  assert.equal(response.headers.get('set-cookie'), 'a, b')
  assert.equal(response.headers.get('retry-after'), null)
})

test('only statuses from 200 to 299 are ok', () => {
  const isOk = (status: number): boolean => createFetchResponse({ ...answer, status }).ok
  assert.deepEqual([199, 200, 204, 299, 300, 409, 503].map(isOk), [false, true, true, true, false, false, false])
})

test('the body is a stream of the same bytes', async () => {
  const chunks: Uint8Array[] = []
  for await (const chunk of createFetchResponse(answer).body ?? []) chunks.push(chunk)
  assert.deepEqual(Buffer.concat(chunks), Buffer.from(bytes))
})
