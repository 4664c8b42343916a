import { equal, match, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { defaultTimings, scaleTimings, silentLogger } from '@sluice/base'
import { createMetrics } from '../metrics.ts'
import { type FakeServer, openFakeServer } from '../testing/fake-server.ts'
import { fakeTask } from '../testing/world.ts'
import { type Upstream, createUpstream } from '../upstream.ts'
import { type Relay, createRelay } from './relay.ts'
import { findRoute } from './routes.ts'
import { relaySocketPath, socketPathMax } from './socket-path.ts'

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: IncomingMessage['headers']
}

describe('the relay', () => {
  let server: FakeServer
  let upstream: Upstream
  let relay: Relay
  let dir: string
  let socketPath: string
  const completed: string[] = []
  const timings = scaleTimings(defaultTimings, 50)

  const open = async (more: { perAttemptMax?: number } = {}): Promise<void> => {
    upstream = createUpstream({ serverUrl: server.url, proxy: {}, timings })
    relay = createRelay({
      socketPath,
      upstream,
      isKnown: (attemptId) => server.attempts.has(attemptId),
      onCompleted: (attemptId) => completed.push(attemptId),
      metrics: createMetrics(),
      logger: silentLogger,
      timings,
      ...more,
    })
    await relay.listen()
  }
  beforeEach(async () => {
    server = await openFakeServer()
    dir = mkdtempSync(join(tmpdir(), 'sluice-relay-'))
    socketPath = join(dir, 'relay.sock')
  })
  afterEach(async () => {
    await relay.close()
    await upstream.close()
    await server.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const call = (
    method: string,
    path: string,
    body: string | Readable,
    token = '',
  ): { answer: Promise<Answer>; abort: () => void } => {
    const outgoing = request({
      socketPath,
      method,
      path,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    })
    const answer = new Promise<Answer>((resolve, reject) => {
      outgoing.on('response', (incoming) => {
        let text = ''
        incoming.on('data', (chunk: Buffer) => {
          text += chunk.toString()
        })
        incoming.on('end', () => {
          resolve({ status: incoming.statusCode ?? 0, body: text, headers: incoming.headers })
        })
      })
      outgoing.on('error', reject)
    })
    if (typeof body === 'string') outgoing.end(body)
    else body.pipe(outgoing)
    return { answer, abort: () => outgoing.destroy() }
  }
  const base = '/api/delegate/v1/attempts'
  const next = JSON.stringify({ epoch: 1, bootId: 'boot_1', running: [] })

  it('forwards a runner’s call with its own token, and the answer as it is', async () => {
    await open()
    const { task, token } = server.offer(fakeTask())
    const events = {
      epoch: 1,
      source: 'runner',
      bootId: 'b',
      events: [{ seq: 1, event: { type: 'step.started', stepRunId: 's' } }],
    }
    const good = await call('POST', `${base}/${task.attemptId}/events`, JSON.stringify(events), token).answer
    equal(good.status, 200)
    equal(good.body, '{"lastSeq":1}')
    const bad = await call('POST', `${base}/${task.attemptId}/events`, JSON.stringify(events), 'wrong').answer
    equal(bad.status, 401)
    const conflict = await call('POST', `${base}/${task.attemptId}/events`, JSON.stringify(events).replace('"s"', '"t"'), token)
      .answer
    equal(conflict.status, 422)
    match(conflict.body, /EVENT_CONFLICT/)
    equal(statSync(socketPath).mode & 0o777, 0o600)
  })

  it('streams log bytes with their query', async () => {
    await open()
    const { task, token, log } = server.offer(fakeTask())
    const bytes = Buffer.alloc(200_000, 'x')
    const path = `${base}/${task.attemptId}/logs/stp_1?offset=0&epoch=1`
    equal((await call('PUT', path, Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)]), token).answer).status, 200)
    equal(log.get('stp_1')?.bytes.length, 200_000)
    const repeated = await call('PUT', path, 'more', token).answer
    equal(repeated.status, 416)
    match(repeated.body, /"nextOffset":200000/)
  })

  it('ends a held call at the server when the runner goes away', async () => {
    await open()
    const { task, token } = server.offer(fakeTask())
    const { answer, abort } = call('POST', `${base}/${task.attemptId}/next`, next, token)
    answer.catch(() => {})
    await server.until(() => server.heldNexts === 1, 'The held call')
    abort()
    await server.until(() => server.canceledNexts === 1, 'Its end')
  })

  it('holds a long poll until the server answers', async () => {
    await open()
    const attempt = server.offer(fakeTask())
    const { answer } = call('POST', `${base}/${attempt.task.attemptId}/next`, next, attempt.token)
    await server.until(() => server.heldNexts === 1, 'The held call')
    attempt.done = true
    server.wake()
    match((await answer).body, /"done":true/)
  })

  it('answers 503 with Retry-After while the server is away, and passes on what the server says about it', async () => {
    await open()
    const { task, token } = server.offer(fakeTask())
    server.failWith = { status: 503, code: 'DATABASE_AWAY', retryAfter: 7 }
    const refused = await call('POST', `${base}/${task.attemptId}/next`, next, token).answer
    equal(refused.status, 503)
    equal(refused.headers['retry-after'], '7')
    match(refused.body, /DATABASE_AWAY/)
    await server.away()
    const away = await call('POST', `${base}/${task.attemptId}/next`, next, token).answer
    equal(away.status, 503)
    equal(away.headers['retry-after'], '1')
    match(away.body, /SERVER_UNREACHABLE/)
    await server.back()
    server.failWith = undefined
    const attempt = server.attempts.get(task.attemptId)
    if (attempt !== undefined) attempt.done = true
    equal((await call('POST', `${base}/${task.attemptId}/next`, next, token).answer).status, 200)
  })

  it('notes a completion only when the server has acknowledged it', async () => {
    await open()
    completed.length = 0
    const { task, token } = server.offer(fakeTask())
    const body = JSON.stringify({ epoch: 1, bootId: 'b', steps: [] })
    server.failWith = { status: 500, code: 'BROKEN' }
    equal((await call('POST', `${base}/${task.attemptId}/complete`, body, token).answer).status, 500)
    equal(completed.length, 0)
    server.failWith = undefined
    equal((await call('POST', `${base}/${task.attemptId}/complete`, body, token).answer).status, 200)
    await server.until(() => completed.length === 1, 'The note')
  })

  it('refuses what is not a runner’s call, what is not known here, and what is too large', async () => {
    await open()
    const { task, token } = server.offer(fakeTask())
    const before = server.calls.length
    for (const [method, path, status] of [
      ['POST', `${base}/${task.attemptId}/accept`, 404],
      ['POST', `${base}/${task.attemptId}/decline`, 404],
      ['POST', '/api/delegate/v1/poll', 404],
      ['GET', '/api/v1/secrets', 404],
      ['POST', `${base}/../../v1/poll`, 404],
      ['POST', `${base}/att_other/next`, 404],
    ] as const) {
      equal((await call(method, path, method === 'GET' ? '' : '{}', token).answer).status, status, path)
    }
    const huge = await call('PUT', `${base}/${task.attemptId}/logs/stp_1?offset=0&epoch=1`, Readable.from(endless(40)), token)
      .answer
    equal(huge.status, 413)
    equal(server.calls.length, before)
    equal(server.attempts.get(task.attemptId)?.log.size, 0)
  })

  it('bounds how many requests of one attempt wait', async () => {
    await open({ perAttemptMax: 2 })
    const attempt = server.offer(fakeTask())
    const path = `${base}/${attempt.task.attemptId}/next`
    const held = [call('POST', path, next, attempt.token), call('POST', path, next, attempt.token)]
    await server.until(() => server.heldNexts === 2, 'The held calls')
    const refused = await call('POST', path, next, attempt.token).answer
    equal(refused.status, 503)
    match(refused.body, /RELAY_BUSY/)
    attempt.done = true
    server.wake()
    for (const { answer } of held) equal((await answer).status, 200)
  })
})

describe('the relay’s socket path', () => {
  it('is inside the data folder where that is short enough, and else short and always the same', () => {
    equal(relaySocketPath('/var/lib/sluice'), '/var/lib/sluice/relay.sock')
    const long = `/srv/${'deep/'.repeat(40)}`
    ok(Buffer.byteLength(relaySocketPath(long)) <= socketPathMax)
    equal(relaySocketPath(long), relaySocketPath(long))
    ok(relaySocketPath(long) !== relaySocketPath(`${long}x`))
  })
})

describe('findRoute', () => {
  it('knows a runner’s calls', () => {
    equal(findRoute('POST', `/api/delegate/v1/attempts/att_1/steps/stp_1/permit`)?.call, 'permit')
    equal(findRoute('PUT', `/api/delegate/v1/attempts/att_1/logs/stp_1`)?.call, 'appendLog')
    equal(findRoute('PUT', `/api/delegate/v1/attempts/att_1/next`), undefined)
    equal(findRoute('POST', `/api/delegate/v1/attempts/att_1/next/`), undefined)
    equal(findRoute('POST', `/api/delegate/v1/attempts/%2e%2e/next`), undefined)
  })
})

function* endless(chunks: number): Generator<Buffer> {
  for (let index = 0; index < chunks; index++) yield Buffer.alloc(64 * 1024)
}
