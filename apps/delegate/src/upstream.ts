import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import { createFetchResponse, type Fetch } from '@sluice/client'
import type { DelegateConfig } from './config.ts'
import { isLoopbackHost } from './loopback.ts'

export interface UpstreamRequest {
  readonly method: string
  /** Path with query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | Readable | undefined
  readonly signal?: AbortSignal | undefined
}

export interface UpstreamResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Readable
}

/** The way to the control plane: its certificate authority, and the proxy in between. */
export interface Upstream {
  /** One exchange, streamed both ways. Rejects when nothing answers. */
  request(request: UpstreamRequest): Promise<UpstreamResponse>
  /** The same as `fetch`, for small answers. */
  readonly fetch: Fetch
  close(): Promise<void>
}

type Exchange = Pick<Upstream, 'request' | 'close'>

/** Longest answer that `fetch` reads. */
const answerBytesMax = 32 * 1024 * 1024

/**
 * One pool of connections for everything this delegate and its runners send. `HTTPS_PROXY` and `NO_PROXY` are obeyed, except towards
 * loopback, where a proxy makes no sense.
 */
export function createUpstream(config: Pick<DelegateConfig, 'serverUrl' | 'serverCa' | 'proxy' | 'timings'>): Upstream {
  const usesProxy = config.proxy.https !== undefined && !isLoopbackHost(new URL(config.serverUrl).hostname)
  const { request, close } = usesProxy ? createProxied(config) : createDirect(config)
  return {
    request,
    close,
    async fetch(url, init) {
      const { pathname, search } = new URL(url)
      const { status, headers, body } = await request({
        method: init.method,
        path: pathname + search,
        headers: init.headers,
        body: init.body,
        signal: init.signal,
      })
      return createFetchResponse({ status, headers, bytes: await readAll(body) })
    },
  }
}

/** Node's own client: a whole HTTP library beside it would cost more memory than all the rest of an idle delegate. */
function createDirect({ serverUrl, serverCa }: Pick<DelegateConfig, 'serverUrl' | 'serverCa'>): Exchange {
  const { protocol, hostname, port } = new URL(serverUrl)
  const isTls = protocol === 'https:'
  const options = { keepAlive: true, maxSockets: 4096, maxFreeSockets: 64 }
  const agent = isTls
    ? new HttpsAgent({ ...options, ...(serverCa === undefined ? {} : { ca: serverCa }) })
    : new HttpAgent(options)
  const begin = isTls ? httpsRequest : httpRequest
  const send = ({ method, path, headers, body, signal }: UpstreamRequest): Promise<UpstreamResponse> =>
    new Promise((resolve, reject) => {
      const outgoing = begin({
        agent,
        host: hostname.replace(/^\[(.*)\]$/, '$1'),
        ...(port === '' ? {} : { port }),
        method,
        path,
        headers: { ...headers },
        ...(signal === undefined ? {} : { signal }),
      })
      outgoing.once('response', (incoming: IncomingMessage) => {
        resolve({ status: incoming.statusCode ?? 502, headers: incoming.headers, body: incoming })
      })
      // Stays: a broken request may have its error after the answer, when nobody is left to hear of it.
      outgoing.on('error', reject)
      if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
        if (body !== undefined) outgoing.setHeader('content-length', Buffer.byteLength(body))
        outgoing.end(body)
        return
      }
      body.once('error', (error) => {
        outgoing.destroy(error)
      })
      body.pipe(outgoing)
    })
  return {
    // Never repeated here, whatever broke: what a repeat means, only the caller knows.
    request: send,
    close: async () => {
      agent.destroy()
    },
  }
}

/** Through a proxy: undici, loaded only where one is set. */
function createProxied({ serverUrl, serverCa, proxy, timings }: Parameters<typeof createUpstream>[0]): Exchange {
  const tls = serverCa === undefined ? {} : { ca: serverCa }
  const loading = import('undici').then(
    ({ EnvHttpProxyAgent }) =>
      new EnvHttpProxyAgent({
        connect: tls,
        requestTls: tls,
        httpProxy: '',
        httpsProxy: proxy.https ?? '',
        noProxy: proxy.none ?? '',
        // A held poll answers only after `pollHoldMs`; callers have their own, shorter limits where they want them.
        headersTimeout: timings.pollHoldMs + 60_000,
        bodyTimeout: 60_000,
      }),
  )
  return {
    async request({ method, path, headers, body, signal }) {
      const agent = await loading
      const answer = await agent.request({
        origin: serverUrl,
        method,
        path,
        headers: { ...headers },
        body: body ?? null,
        ...(signal === undefined ? {} : { signal }),
      })
      return { status: answer.statusCode, headers: answer.headers, body: answer.body }
    },
    close: async () => (await loading).destroy(),
  }
}

async function readAll(body: Readable): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = []
  let count = 0
  for await (const chunk of body) {
    count += (chunk as Buffer).length
    if (count > answerBytesMax) throw new Error('The answer is too large.')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}
