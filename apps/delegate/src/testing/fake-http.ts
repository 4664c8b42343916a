import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Endpoint, protocolEndpoints } from '@sluice/contract'

/** An answer that is an error. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly details: object
  constructor(status: number, code: string, details: object = {}) {
    super(code)
    this.details = details
    this.status = status
    this.code = code
  }
}

/** A call of the protocol, read and found among its endpoints. */
export interface FakeCall {
  readonly name: string
  readonly access: Endpoint['access']
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly bearer: string
  readonly bytes: Buffer
  /** The body as the endpoint's schema reads it; undefined where it has none. */
  readonly body: unknown
  readonly request: IncomingMessage
}

/** The HTTP side of a fake control plane. */
export interface FakeHttp {
  readonly url: string
  /** Listens on a port of its own choice, afterwards always on that one. */
  listen(): Promise<void>
  /** Stops listening and cuts all connections. */
  close(): Promise<void>
}

const routes = Object.entries(protocolEndpoints as Record<string, Endpoint>).map(([name, endpoint]) => ({
  name,
  endpoint,
  pattern: new RegExp(`^${endpoint.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}))

/** Serves the protocol's endpoints on loopback with what `answer` gives or throws. */
export function createFakeHttp(options: {
  readonly answer: (call: FakeCall) => unknown
  /** Asked after every success: true swallows the answer and cuts the connection. */
  readonly isReplyLost: (name: string) => boolean
  /** Seconds for `Retry-After`, where there should be one. */
  readonly retryAfter: () => number | undefined
}): FakeHttp {
  let server: Server
  let port = 0

  const reply = (response: ServerResponse, status: number, body: unknown): void => {
    if (response.destroyed) return
    const retryAfter = options.retryAfter()
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    })
    response.end(JSON.stringify(body))
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await readCall(request)
    const result = await options.answer(call)
    if (options.isReplyLost(call.name)) request.socket.destroy()
    else reply(response, 200, result)
  }

  return {
    get url() {
      return `http://127.0.0.1:${port}`
    },
    async listen() {
      server = createServer((request, response) => {
        serve(request, response).catch((error: unknown) => {
          const { status = 400, code = 'INVALID', message = '', details = {} } = error as Partial<Refusal>
          reply(response, status, { error: { kind: kindOf(status), code, message, requestId: 'r', details } })
        })
      })
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, '127.0.0.1', resolve)
      })
      port = (server.address() as AddressInfo).port
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function readCall(request: IncomingMessage): Promise<FakeCall> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  const url = new URL(request.url ?? '/', 'http://fake')
  const route = routes.find(({ endpoint, pattern }) => endpoint.method === request.method && pattern.test(url.pathname))
  if (route === undefined) throw new Refusal(404, 'NOT_FOUND')
  const { name, endpoint, pattern } = route
  return {
    name,
    access: endpoint.access,
    params: { ...pattern.exec(url.pathname)?.groups },
    query: url.searchParams,
    bearer: (request.headers.authorization ?? '').replace('Bearer ', ''),
    bytes,
    get body() {
      return endpoint.body?.parse(bytes.length === 0 ? {} : JSON.parse(bytes.toString()))
    },
    request,
  }
}

function kindOf(status: number): string {
  if (status >= 500) return 'unavailable'
  if (status === 416) return 'invalid'
  return status === 401 ? 'unauthenticated' : 'conflict'
}
