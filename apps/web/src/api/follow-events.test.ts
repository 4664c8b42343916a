import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpCallError } from '@sluice/client'
import { followEvents, type FollowOptions } from './follow-events.ts'

const streamOf = (text: string): Response => new Response(text, { headers: { 'content-type': 'text/event-stream' } })
const refusal = (status: number): HttpCallError => new HttpCallError('invalid', 'X', 'No.', { status })

/** Follows a list of answers, one for each time the stream is opened; what it does is returned as one list. */
async function follow(answers: (Response | Error)[], overrides: Partial<FollowOptions> = {}): Promise<string[]> {
  const seen: string[] = []
  const stop = new AbortController()
  await followEvents({
    signal: stop.signal,
    random: () => 1,
    whenVisible: () => Promise.resolve(new AbortController().signal),
    pause(ms) {
      seen.push(`pause ${String(ms)}`)
      return Promise.resolve()
    },
    open(lastEventId) {
      seen.push(`open ${lastEventId ?? 'from the start'}`)
      const answer = answers.shift()
      if (answer === undefined) stop.abort()
      return answer instanceof Response ? Promise.resolve(answer) : Promise.reject(answer ?? new Error('over'))
    },
    onEvent: ({ event, data }) => seen.push(`${event} ${data}`),
    onStatus: (status) => seen.push(status),
    ...overrides,
  })
  return seen
}

test('events arrive until the end', async () => {
  assert.deepEqual(await follow([streamOf('id: 5\nevent: log\ndata: a\n\nevent: end\ndata: {}\n\n')]), [
    'connecting',
    'open from the start',
    'open',
    'log a',
    'end {}',
    'ended',
  ])
})

test('a broken stream is opened again after the last event, later each time', async () => {
  const seen = await follow([
    streamOf('id: 5\nevent: log\ndata: a\n\n'),
    new Error('reset'),
    new Error('reset'),
    streamOf('event: end\ndata: {}\n\n'),
  ])
  assert.deepEqual(
    seen.filter((line) => !['open', 'connecting'].includes(line)),
    [
      'open from the start',
      'log a',
      'lost',
      'pause 800',
      'open 5',
      'lost',
      'pause 1300',
      'open 5',
      'lost',
      'pause 2300',
      'open 5',
      'end {}',
      'ended',
    ],
  )
})

test('a refusal is final, a busy server is not', async () => {
  assert.deepEqual((await follow([refusal(404)])).at(-1), 'refused')
  const seen = await follow([refusal(429), refusal(503), streamOf('event: end\ndata: {}\n\n')])
  assert.equal(seen.filter((line) => line === 'lost').length, 2)
  assert.equal(seen.at(-1), 'ended')
})

test('a hidden page lets its stream go without calling it lost', async () => {
  let visits = 0
  const seen = await follow([new Error('aborted because hidden'), streamOf('event: end\ndata: {}\n\n')], {
    whenVisible: () => {
      visits += 1
      return Promise.resolve(visits === 1 ? AbortSignal.abort() : new AbortController().signal)
    },
  })
  assert.ok(!seen.includes('lost'))
  assert.equal(seen.at(-1), 'ended')
})
