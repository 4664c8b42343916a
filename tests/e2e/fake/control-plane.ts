import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { type Endpoint, type ExecutionView, executionEndpoints, publicEndpoints } from '@sluice/contract'
import { createFakeData } from './create-fake-data.ts'
import { type FakeData, toSummary } from './fake-data.ts'
import { createHandlers, fakeCode, FakeError, sessionCookie } from './handlers.ts'

/** A control plane that remembers nothing and does nothing, for tests of the pages alone: every state is there at once. */
export interface FakeControlPlane extends AsyncDisposable {
  readonly url: string
  readonly data: FakeData
  /** What was asked for, `POST /api/v1/…`, with the body. */
  readonly calls: { readonly call: string; readonly body: unknown }[]
  /** Stores an execution and tells the event streams. */
  change(view: ExecutionView): void
  /** Adds to a log and tells its streams; sealing ends them. */
  write(stream: string, text: string, options?: { readonly seal?: boolean }): void
  /** Cuts all connections and refuses new ones until `resume`. */
  cut(): void
  resume(): void
}

/** The policy under which the pages have to work; the real server's is no stricter. */
const securityPolicy = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export async function openFakeControlPlane(webDir: string, data: FakeData = createFakeData()): Promise<FakeControlPlane> {
  const calls: FakeControlPlane['calls'] = []
  const streams = new Set<() => void>()
  const codes = new Set([fakeCode])
  const handlers = createHandlers(data, codes)
  const changed = (): void => {
    for (const wake of streams) wake()
  }
  let isCut = false

  const server = createServer((request, response) => {
    if (isCut) {
      request.socket.destroy()
      return
    }
    answer(request, response).catch((error: unknown) => {
      const { status, body } = error instanceof FakeError ? error : new FakeError(500, 'internal', 'FAKE', String(error))
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://fake')
    if (!url.pathname.startsWith('/api/')) return sendFile(webDir, url.pathname, response)
    const found = findEndpoint(request.method ?? 'GET', url.pathname)
    if (found === undefined) throw new FakeError(404, 'notFound', 'NOT_FOUND', `There is no call ${url.pathname}.`)
    const { endpoint, params } = found
    const body = await readBody(request)
    calls.push({ call: `${endpoint.method} ${url.pathname}`, body })
    const isSignedIn = request.headers.cookie?.includes(sessionCookie) === true
    if (endpoint.access !== 'public' && !isSignedIn) {
      throw new FakeError(401, 'unauthenticated', 'NOT_SIGNED_IN', 'Nobody is signed in.')
    }
    const query = Object.fromEntries(url.searchParams)
    if (endpoint.kind === 'stream') return serveStream(endpoint, params, query, response)
    const handler = handlers[endpoint.id]
    if (handler === undefined) throw new FakeError(404, 'notFound', 'NOT_FAKED', `${endpoint.id} is not faked.`)
    const reply = handler({ params, query, body, response })
    if (reply === undefined) return
    // What the fake says has to be what the real one could say.
    const checked = endpoint.reply.parse(reply)
    response.writeHead(endpoint.status, { 'content-type': 'application/json' }).end(JSON.stringify(checked))
  }

  const serveStream = (
    endpoint: Endpoint,
    params: Record<string, string>,
    query: Record<string, string>,
    response: ServerResponse,
  ): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(':\n\n')
    const send = (event: string, value: unknown, id?: string): void => {
      response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(value)}\n\n`)
    }
    let offset = Number(query['offset'] ?? 0)
    const sent = new Map<string, string>()
    const push = (): void => {
      if (endpoint.id === executionEndpoints.listEvents.id) {
        for (const view of data.executions.values()) {
          const text = JSON.stringify(toSummary(view))
          if (sent.get(view.id) !== text) send('executions', toSummary(view))
          sent.set(view.id, text)
        }
      } else if (endpoint.id === executionEndpoints.events.id) {
        const view = data.executions.get(params['executionId'] ?? '')
        if (view !== undefined) send('execution', view, String(view.version))
      } else {
        const log = data.logs.get(params['stream'] ?? '')
        const bytes = Buffer.from(log?.text ?? '')
        while (offset < bytes.length) {
          const piece = bytes.subarray(offset, offset + 65_536)
          send('log', { offset, text: piece.toString() }, String(offset + piece.length))
          offset += piece.length
        }
        if (log?.sealed === true) {
          send('end', { length: bytes.length, gaps: [] })
          response.end()
        }
      }
    }
    push()
    streams.add(push)
    response.on('close', () => streams.delete(push))
  }

  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    data,
    calls,
    change(view) {
      data.executions.set(view.id, { ...view, version: view.version + 1 })
      changed()
    },
    write(stream, text, { seal = false } = {}) {
      const log = data.logs.get(stream) ?? { text: '', sealed: false }
      data.logs.set(stream, { text: log.text + text, sealed: seal })
      changed()
    },
    cut() {
      isCut = true
      server.closeAllConnections()
    },
    resume() {
      isCut = false
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

function findEndpoint(method: string, path: string): { endpoint: Endpoint; params: Record<string, string> } | undefined {
  for (const endpoint of publicEndpoints) {
    if (endpoint.method !== method) continue
    const pattern = new RegExp(`^${endpoint.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`)
    const match = pattern.exec(path)
    if (match === null) continue
    const params = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    )
    return { endpoint, params }
  }
  return undefined
}

function sendFile(webDir: string, path: string, response: ServerResponse): void {
  const file = join(webDir, path)
  const isFile = extname(path) !== '' && file.startsWith(webDir) && existsSync(file)
  const served = isFile ? file : join(webDir, 'index.html')
  response
    .writeHead(200, {
      'content-type': types[extname(served)] ?? 'application/octet-stream',
      'content-security-policy': securityPolicy,
      'x-content-type-options': 'nosniff',
    })
    .end(readFileSync(served))
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text === '' ? undefined : JSON.parse(text)
}
