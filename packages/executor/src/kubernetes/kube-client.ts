import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { AppError, type Clock, type ErrorKind, backoffMs, systemClock } from '@sluice/base'
import type { KubeConnection } from './kube-connection.ts'
import type { KubeObject } from './kube-types.ts'

/** What an API server answered, with its own clock. */
export interface KubeAnswer<T> {
  readonly body: T
  /** The API server's time of the answer, in milliseconds since 1970: what "now" is for everything about the cluster. */
  readonly nowMs: number
}

/** A refusal by the API server, as its `Status` object says it. */
export class KubeError extends AppError {
  readonly status: number
  /** `AlreadyExists`, `Forbidden`, `NotFound`, … */
  readonly reason: string

  constructor(status: number, reason: string, message: string, what: string) {
    super(kindOf(status), 'CLUSTER_REFUSED', message === '' ? `The API server answered ${what} with ${status}.` : message, {
      details: { status, reason },
    })
    this.status = status
    this.reason = reason
  }
}

export interface KubeRequest {
  readonly query?: Readonly<Record<string, string | number>> | undefined
  readonly body?: object | undefined
  readonly signal?: AbortSignal | undefined
  readonly patience?: Patience | undefined
}

/** How long `insist` goes on while the API server is away, refuses connections or is overloaded. */
export interface Patience {
  /** Milliseconds from the first try. */
  readonly forMs: number
  /** Called with what every try but the last ran into. */
  readonly onTrouble?: ((error: AppError) => void) | undefined
}

/** One event of a watch. */
export interface WatchEvent<T extends KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: T
}

/** The API server's REST interface, as much as is needed of it. */
export interface KubeClient {
  readonly namespace: string | undefined
  readonly origin: string
  /** One call without repeats. Throws `KubeError`, or `AppError('unavailable', 'CLUSTER_UNREACHABLE')`. */
  call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, request?: KubeRequest): Promise<KubeAnswer<T>>
  /**
   * The same, repeated while the server is away or overloaded, a few seconds or as long as `patience` says; for calls that may be
   * repeated.
   */
  insist<T>(method: 'GET' | 'POST' | 'DELETE', path: string, request?: KubeRequest): Promise<KubeAnswer<T>>
  /** Text, cut after `bytesMax` from its end. */
  readTail(
    path: string,
    query: Readonly<Record<string, string | number>>,
    bytesMax: number,
    signal?: AbortSignal,
  ): Promise<string>
  /** Calls `onEvent` in order until the server ends the watch, which it does by itself after a while. */
  watch<T extends KubeObject>(
    path: string,
    query: Readonly<Record<string, string | number>>,
    onEvent: (event: WatchEvent<T>) => void,
    signal: AbortSignal,
  ): Promise<void>
  close(): void
}

const answerBytesMax = 64 * 1024 * 1024
const callTimeoutMs = 15_000
/** A watch ends this long after its last byte at the latest; the server is asked to end it earlier. */
export const watchSeconds = 30
const triesMax = 6

export function createKubeClient(connection: KubeConnection, clock: Clock = systemClock): KubeClient {
  const send = async (
    method: string,
    path: string,
    { query, body, signal }: KubeRequest,
    timeoutMs: number,
  ): Promise<IncomingMessage> => {
    const url = new URL(connection.origin + path)
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, String(value))
    const { agent, headers, auth } = await connection.authorise()
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body), 'utf8')
    return new Promise((resolve, reject) => {
      const outgoing = httpsRequest(
        url,
        {
          method,
          agent,
          ...(auth === undefined ? {} : { auth }),
          headers: {
            ...(headers as Record<string, string>),
            accept: 'application/json',
            ...(bytes === undefined ? {} : { 'content-type': 'application/json', 'content-length': bytes.length }),
          },
          // Of silence on the socket: a half-open connection ends here.
          timeout: timeoutMs,
          ...(signal === undefined ? {} : { signal }),
        },
        resolve,
      )
      outgoing.on('timeout', () => outgoing.destroy(new Error(`No answer within ${timeoutMs} ms.`)))
      outgoing.on('error', reject)
      outgoing.end(bytes)
    })
  }

  const unreachable = (cause: unknown): AppError =>
    new AppError('unavailable', 'CLUSTER_UNREACHABLE', `The API server at ${connection.origin} does not answer.`, {
      hint: 'Check that the cluster runs and that this delegate can reach it.',
      cause,
    })

  const call = async <T>(method: 'GET' | 'POST' | 'DELETE', path: string, request: KubeRequest = {}): Promise<KubeAnswer<T>> => {
    let incoming: IncomingMessage
    let text: string
    try {
      incoming = await send(method, path, request, callTimeoutMs)
      text = await readAll(incoming)
    } catch (cause) {
      request.signal?.throwIfAborted()
      throw unreachable(cause)
    }
    const status = incoming.statusCode ?? 0
    if (status >= 400) throw refusalOf(status, text, `${method} ${path}`)
    const date = Date.parse(incoming.headers.date ?? '')
    return { body: JSON.parse(text) as T, nowMs: Number.isNaN(date) ? clock.now() : date }
  }

  return {
    namespace: connection.namespace,
    origin: connection.origin,
    call,
    async insist(method, path, request = {}) {
      const { patience } = request
      const endsAt = clock.monotonic() + (patience?.forMs ?? 0)
      for (let tries = 1; ; tries++) {
        try {
          return await call(method, path, request)
        } catch (error) {
          const isOver = patience === undefined ? tries >= triesMax : clock.monotonic() >= endsAt
          if (isOver || !isWorthRepeating(error)) throw error
          patience?.onTrouble?.(error)
          await clock.sleep(Math.max(1, backoffMs(tries, 100, 3_000)), request.signal)
        }
      }
    },
    async readTail(path, query, bytesMax, signal) {
      const incoming = await send('GET', path, { query, signal }, callTimeoutMs)
      const text = await readAll(incoming, bytesMax)
      if ((incoming.statusCode ?? 0) >= 400) throw refusalOf(incoming.statusCode ?? 0, text, `GET ${path}`)
      return text
    },
    async watch(path, query, onEvent, signal) {
      let incoming: IncomingMessage
      try {
        const options = { ...query, watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: watchSeconds }
        incoming = await send('GET', path, { query: options, signal }, (watchSeconds + 10) * 1000)
      } catch (cause) {
        signal.throwIfAborted()
        throw unreachable(cause)
      }
      const status = incoming.statusCode ?? 0
      if (status >= 400) throw refusalOf(status, await readAll(incoming), `GET ${path}`)
      try {
        await readEvents(incoming, onEvent)
      } catch (cause) {
        signal.throwIfAborted()
        throw cause instanceof AppError ? cause : unreachable(cause)
      }
    },
    close: () => {
      connection.close()
    },
  }
}

/** Whether the same call may succeed later without anybody changing anything. */
export function isWorthRepeating(error: unknown): error is AppError {
  if (error instanceof KubeError) return error.status === 429 || error.status >= 500
  return error instanceof AppError && error.code === 'CLUSTER_UNREACHABLE'
}

/** One JSON object a line. */
async function readEvents<T extends KubeObject>(
  incoming: IncomingMessage,
  onEvent: (event: WatchEvent<T>) => void,
): Promise<void> {
  let rest = ''
  incoming.setEncoding('utf8')
  for await (const chunk of incoming) {
    rest += chunk as string
    if (rest.length > answerBytesMax) throw new AppError('limitExceeded', 'CLUSTER_ANSWER', 'An event of a watch is too large.')
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') continue
      const event = JSON.parse(line) as WatchEvent<T>
      if (event.type === 'ERROR')
        throw refusalOf((event.object as { code?: number }).code ?? 500, JSON.stringify(event.object), 'a watch')
      onEvent(event)
    }
  }
}

async function readAll(incoming: IncomingMessage, keepBytes = Number.POSITIVE_INFINITY): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming) {
    chunks.push(chunk as Buffer)
    bytes += (chunk as Buffer).length
    if (keepBytes === Number.POSITIVE_INFINITY && bytes > answerBytesMax) {
      throw new AppError('limitExceeded', 'CLUSTER_ANSWER', 'An answer of the API server is too large.')
    }
    while (bytes - (chunks[0]?.length ?? 0) > keepBytes) bytes -= chunks.shift()?.length ?? 0
  }
  const all = Buffer.concat(chunks)
  return all.subarray(Math.max(0, all.length - keepBytes)).toString('utf8')
}

function refusalOf(status: number, text: string, what: string): KubeError {
  try {
    const { reason, message } = JSON.parse(text) as { reason?: string; message?: string }
    return new KubeError(status, reason ?? '', message ?? '', what)
  } catch {
    return new KubeError(status, '', text.slice(0, 500), what)
  }
}

function kindOf(status: number): ErrorKind {
  if (status === 401) return 'unauthenticated'
  if (status === 403) return 'forbidden'
  if (status === 404 || status === 410) return 'notFound'
  if (status === 409) return 'conflict'
  return status === 429 || status >= 500 ? 'unavailable' : 'invalid'
}
