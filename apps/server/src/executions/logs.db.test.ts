import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { appendLog, sealLog } from '@sluice/store'
import { createSamples, sampleSealedValue, sampleValueAddress } from '../entities/entity-samples.ts'
import { openEvents } from '../http/read-events.ts'
import { openTestServer, type TestServer } from '../test-server.ts'

const whole = 'Größe: 1 €\nline two 🙂\n'.repeat(50)
const bytes = Buffer.from(whole)

describe('logs', () => {
  let server: TestServer
  let executionId: string
  let stream: string
  before(async () => {
    server = await openTestServer()
    await createSamples(server)
    await server.call('PUT', sampleValueAddress, { body: sampleSealedValue(1) })
  })
  after(() => server[Symbol.asyncDispose]())

  /** Starts an execution and gives the log stream of its step. */
  const begin = async (): Promise<void> => {
    const run = await server.call('POST', '/api/v1/executions', { body: { pipelineIdentifier: 'deploy' } })
    executionId = run.body.id as string
    const { body } = await server.call('GET', `/api/v1/executions/${executionId}`)
    stream = body.stages[0].nodes[0].nodes[0].stepRunId as string
    await until(async () => (await server.call('GET', logPath())).status === 200)
  }
  const logPath = (): string => `/api/v1/executions/${executionId}/logs/${stream}`
  const append = async (offset: number, part: Buffer): Promise<void> => {
    const { pool } = server.app.context.store
    const answer = await appendLog(pool, {
      streamId: stream,
      executionId,
      attemptId: 'att_1',
      stepRunId: stream,
      offset,
      bytes: part,
      bytesMax: 1e8,
    })
    assert.equal(answer.outcome, 'appended')
  }
  const seal = async (length: number): Promise<void> => {
    const sha256 = createHash('sha256').update(bytes.subarray(0, length)).digest('hex')
    const gaps = [{ offset: 3, length: 7 }]
    const answer = await sealLog(server.app.context.store.pool, {
      streamId: stream,
      executionId,
      attemptId: 'att_1',
      length,
      sha256,
      gaps,
    })
    assert.equal(answer.outcome, 'sealed')
  }
  const until = async (condition: () => Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + 5_000
    while (!(await condition())) {
      assert.ok(Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  it('are empty before they begin, and not there for what is no step', async () => {
    await begin()
    const { status, headers } = await server.call('GET', logPath())
    assert.equal(status, 200)
    assert.equal(headers['x-sluice-next-offset'], '0')
    assert.equal(headers['x-sluice-sealed'], 'false')
    assert.equal((await server.call('GET', `/api/v1/executions/${executionId}/logs/nothing`)).status, 404)
  })

  it('are read byte for byte from any offset', async () => {
    await begin()
    for (let offset = 0; offset < bytes.length; offset += 97) await append(offset, bytes.subarray(offset, offset + 97))
    const read = async (offset: number, limit: number): Promise<{ part: Buffer; next: number; sealed: string | null }> => {
      const response = await fetch(`${server.url}${logPath()}?offset=${String(offset)}&limit=${String(limit)}`, {
        headers: { authorization: `Bearer ${server.adminKey}` },
      })
      return {
        part: Buffer.from(await response.arrayBuffer()),
        next: Number(response.headers.get('x-sluice-next-offset')),
        sealed: response.headers.get('x-sluice-sealed'),
      }
    }
    const parts: Buffer[] = []
    for (let offset = 0; offset < bytes.length;) {
      const { part, next } = await read(offset, 131)
      parts.push(part)
      offset = next
    }
    assert.deepEqual(Buffer.concat(parts), bytes)
    assert.equal((await read(bytes.length, 10)).sealed, 'false')
    await seal(bytes.length)
    assert.equal((await read(0, 10)).sealed, 'false')
    assert.equal((await read(bytes.length - 5, 10)).sealed, 'true')
    const { headers } = await server.call('GET', logPath())
    assert.deepEqual(JSON.parse(String(headers['x-sluice-gaps'])), [{ offset: 3, length: 7 }])
    assert.equal((await server.call('GET', `${logPath()}?limit=99999999`)).status, 400)
  })

  it('are streamed while they grow, never cut inside of a character, to the end', async () => {
    await begin()
    const events = await openEvents(`${server.url}${logPath()}/events`, server.adminKey)
    let text = ''
    let next = 0
    const take = async (upTo: number): Promise<void> => {
      while (next < upTo) {
        const { event, data, id } = await events.next()
        assert.equal(event, 'log')
        const log = JSON.parse(data) as { offset: number; text: string }
        assert.equal(log.offset, next)
        text += log.text
        next = Number(id)
      }
    }
    await append(0, bytes.subarray(0, 3))
    await take(2)
    assert.equal(text, 'Gr')
    await append(3, bytes.subarray(3, 700))
    await take(690)
    await append(700, bytes.subarray(700))
    await take(bytes.length)
    await seal(bytes.length)
    const end = await events.next()
    assert.equal(end.event, 'end')
    assert.equal(text, whole)
    assert.equal(await events.ended(), true)
  })

  it('resume exactly after the event that came last', async () => {
    await begin()
    await append(0, bytes)
    await seal(bytes.length)
    const events = await openEvents(`${server.url}${logPath()}/events`, server.adminKey, { 'last-event-id': '13' })
    const { data } = await events.next()
    assert.equal((JSON.parse(data) as { text: string }).text, bytes.subarray(13).toString())
    const bad = await fetch(`${server.url}${logPath()}/events`, {
      headers: { authorization: `Bearer ${server.adminKey}`, 'last-event-id': 'x' },
    })
    assert.equal(bad.status, 400)
  })

  it('tell their runner that somebody watches, while somebody does', async () => {
    await begin()
    await append(0, bytes.subarray(0, 10))
    const watched = async (): Promise<boolean> => {
      const { rows } = await server.app.context.store.pool.query<{ watched: boolean }>(
        'select coalesce(watched_until > now(), false) as watched from log_streams where id = $1',
        [stream],
      )
      return rows[0]?.watched === true
    }
    assert.equal(await watched(), false)
    const events = await openEvents(`${server.url}${logPath()}/events`, server.adminKey)
    await until(watched)
    events.close()
  })

  it('event streams of one key are bounded', async () => {
    await begin()
    const key = await server.makeKey('viewer')
    const open = []
    for (let count = 0; count < 50; count++) open.push(await openEvents(`${server.url}${logPath()}/events`, key))
    const refused = await fetch(`${server.url}${logPath()}/events`, { headers: { authorization: `Bearer ${key}` } })
    assert.equal(refused.status, 429)
    for (const events of open) events.close()
    await until(async () => {
      const abort = new AbortController()
      const response = await fetch(`${server.url}${logPath()}/events`, {
        headers: { authorization: `Bearer ${key}` },
        signal: abort.signal,
      })
      abort.abort()
      return response.status === 200
    })
  })

  it('a server that stops ends its streams at once', async (t) => {
    const other = await openTestServer(t)
    const events = await openEvents(`${other.url}/api/v1/execution-events`, other.adminKey)
    const startedAt = performance.now()
    await other.server.stop()
    assert.equal(await events.ended(), true)
    assert.ok(performance.now() - startedAt < 5_000)
  })
})
