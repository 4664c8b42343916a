import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type AppError, type Clock, defaultTimings } from '@sluice/base'
import type { GitSource } from '@sluice/contract'
import { openTempDir, type TempDir } from '@sluice/testkit'
import { fetchGitSource } from './git-source.ts'
import { createTestRepository } from './testing/test-repository.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** Git's own server behind HTTP: https://git-scm.com/docs/git-http-backend. */
function serveRepository(root: string): Answer {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://host')
    const child = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REMOTE_ADDR: '127.0.0.1',
      },
    })
    request.pipe(child.stdin)
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stdout.on('end', () => {
      const all = Buffer.concat(chunks)
      const end = all.indexOf('\r\n\r\n')
      const headers = all.subarray(0, end).toString().split('\r\n')
      for (const line of headers) {
        const [name = '', value = ''] = line.split(': ')
        if (name === 'Status') response.statusCode = Number.parseInt(value, 10)
        else response.setHeader(name, value)
      }
      response.end(all.subarray(end + 4))
    })
  }
}

const status =
  (code: number): Answer =>
  (_request, response) =>
    void response.writeHead(code).end()
const reset: Answer = (request) => void request.socket.resetAndDestroy()
const hangUp: Answer = (request) => void request.socket.destroy()

/** The beginning of an answer, and then nothing. */
const breakOff: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result', 'content-length': '1000' })
  response.write('000dpackfile\n', () => response.destroy())
}

void describe('a Git host that cannot be reached for a moment', () => {
  let temp: TempDir
  let server: Server
  let url: string
  let commit: string
  let serve: Answer
  /** What the server does with its next requests, before it serves. */
  let troubles: Answer[] = []

  before(async () => {
    temp = await openTempDir()
    const root = join(temp.path, 'root')
    const repository = join(root, 'shop.git')
    mkdirSync(root)
    const { git } = createTestRepository(repository)
    writeFileSync(join(repository, 'a.sql'), 'select 1')
    git('add', '.')
    git('commit', '--quiet', '-m', 'one')
    commit = git('rev-parse', 'HEAD')
    serve = serveRepository(root)
    server = createServer((request, response) => (troubles.shift() ?? serve)(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/shop.git/.git`
  })
  after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await temp[Symbol.asyncDispose]()
  })

  let count = 0
  /** A fetch whose waits take no time but by its clock. */
  const fetch = async (options: { url?: string; pinned?: string; signal?: AbortSignal; sleep?: Clock['sleep'] } = {}) => {
    const workDir = join(temp.path, `work${String(count++)}`)
    mkdirSync(workDir)
    let nowMs = 0
    const clock: Clock = {
      now: () => nowMs,
      monotonic: () => nowMs,
      sleep: options.sleep ?? ((ms) => ((nowMs += ms), Promise.resolve())),
    }
    const source: GitSource = {
      type: 'git',
      url: options.url ?? url,
      revision: { kind: 'branch', name: 'main' },
      location: 'a.sql',
      sourceKey: 'k',
    }
    const lines: string[] = []
    const result = await fetchGitSource(source, {
      workDir,
      slots: new Map(),
      pinnedCommit: options.pinned,
      signal: options.signal ?? AbortSignal.timeout(30_000),
      onLine: () => {},
      clock,
      timings: defaultTimings,
      say: (line) => lines.push(line),
      random: () => 0.5,
    }).then(
      (checkout) => ({ checkout, error: undefined }),
      (error: unknown) => ({ checkout: undefined, error: error as AppError }),
    )
    return { ...result, lines, waitedMs: nowMs }
  }

  for (const [name, trouble, said] of [
    ['answers 503', status(503), /503/],
    ['answers 429', status(429), /429/],
    ['resets the connection', reset, /reset by peer|Empty reply/i],
    ['hangs up without an answer', hangUp, /Empty reply|reset by peer/i],
  ] as const) {
    void test(`is tried again when it ${name}, with a line for each try`, async () => {
      troubles = [trouble, trouble]
      const { checkout, error, lines } = await fetch()
      assert.equal(checkout?.commit, commit, error?.message)
      assert.equal(readFileSync(join(checkout?.dir ?? '', 'a.sql'), 'utf8'), 'select 1')
      assert.equal(lines.length, 2)
      for (const line of lines) assert.match(line, said)
      assert.match(lines[0] ?? '', /Trying again in 0\.8 s\.$/)
    })
  }

  void test('is tried again when it breaks off in the middle, also for the commit that was pinned', async () => {
    for (const trouble of [status(502), breakOff]) {
      // The first request finds the refs, the second asks for the objects.
      troubles = [(request, response) => serve(request, response), trouble]
      const { checkout, error, lines } = await fetch({ pinned: commit })
      assert.equal(checkout?.commit, commit, error?.message)
      assert.equal(lines.length, 1, lines.join())
    }
  })

  void test('is given up when nobody has answered for a minute, with what Git said', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    const { error, lines, waitedMs } = await fetch({ url: `http://127.0.0.1:${String(port)}/shop.git` })
    assert.equal(error?.code, 'GIT_UNREACHABLE')
    assert.equal(error?.kind, 'unavailable')
    assert.match(error?.message ?? '', /connect/i)
    assert.ok(lines.length >= 4 && lines.length <= 15, String(lines.length))
    assert.ok(waitedMs > 40_000 && waitedMs <= 60_000, String(waitedMs))
  })

  void test('is asked once where it has refused', async () => {
    for (const code of [401, 403, 404]) {
      // Git itself comes again with credentials.
      troubles = Array.from({ length: 4 }, () => status(code))
      const { error, lines } = await fetch()
      assert.equal(error?.code, 'GIT_FAILED', error?.message)
      assert.deepEqual(lines, [])
    }
    troubles = []
    const missing = await fetch({ pinned: 'f'.repeat(40) })
    assert.equal(missing.error?.code, 'GIT_REVISION_NOT_FOUND', missing.error?.message)
    assert.deepEqual(missing.lines, [])
  })

  void test('is left alone as soon as the step is stopped', async () => {
    troubles = [status(503), status(503)]
    const stop = new AbortController()
    const { error, lines } = await fetch({
      signal: stop.signal,
      sleep: (_ms, signal) => {
        stop.abort(new Error('The step was stopped.'))
        signal?.throwIfAborted()
        return Promise.resolve()
      },
    })
    assert.equal(error?.message, 'The step was stopped.')
    assert.equal(lines.length, 1)
    assert.equal(troubles.length, 1)
    troubles = []
  })
})
