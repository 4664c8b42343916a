import { AppError, type ErrorKind, errorKinds } from '@sluice/base'
import type { Endpoint } from '@sluice/contract'
import type { z } from 'zod'
import type { FetchInit, FetchResponse } from './fetch-response.ts'

/** One HTTP exchange, as `fetch` does it: injected so that a delegate can go through a unix socket or a proxy, and tests through nothing. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>

export interface HttpClientOptions {
  /** Origin of the server, for example `https://sluice.example.com`. */
  readonly baseUrl: string
  /** The `Authorization` header's bearer token, asked for on every call. */
  readonly token?: (() => string | undefined | Promise<string | undefined>) | undefined
  readonly fetch?: Fetch | undefined
  /** Longest time one call may take unless it says otherwise. */
  readonly timeoutMs?: number | undefined
  /** Added to every request, for example the version of the caller. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

type Input<S> = S extends z.ZodType ? z.input<S> : never
type Output<S> = S extends z.ZodType ? z.output<S> : never

export interface CallInput<E extends Endpoint> {
  readonly params?: Input<E['params']>
  readonly query?: Input<E['query']>
  readonly body?: Input<E['body']>
  /** Version for `If-Match`. */
  readonly ifMatch?: number
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/** A failed call, with what the server said: `status` and the moment to come back, where it named one. */
export class HttpCallError extends AppError {
  readonly status: number
  readonly retryAfterMs: number | undefined
  readonly requestId: string | undefined

  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    init: {
      status: number
      hint?: string
      details?: Record<string, unknown>
      retryAfterMs?: number
      requestId?: string
      cause?: unknown
    },
  ) {
    super(kind, code, message, {
      ...(init.hint === undefined ? {} : { hint: init.hint }),
      ...(init.details === undefined ? {} : { details: init.details }),
      ...(init.cause === undefined ? {} : { cause: init.cause }),
    })
    this.status = init.status
    this.retryAfterMs = init.retryAfterMs
    this.requestId = init.requestId
  }
}

/** A typed client of the contract's endpoints. */
export interface HttpClient {
  /** Calls a JSON endpoint and checks the answer. Throws `HttpCallError`; `unavailable` when nothing answered. */
  call<E extends Endpoint>(endpoint: E, input?: CallInput<E>): Promise<Output<E['reply']>>
  /** Sends or receives raw bytes or a stream; the caller reads the response. Error answers are thrown. */
  raw<E extends Endpoint>(
    endpoint: E,
    input?: Omit<CallInput<E>, 'body'> & { bytes?: Uint8Array; headers?: Record<string, string> },
  ): Promise<FetchResponse>
}

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const doFetch: Fetch = options.fetch ?? ((url, init) => fetch(url, init as RequestInit))
  const defaultTimeoutMs = options.timeoutMs ?? 30_000

  const send = async (endpoint: Endpoint, input: CallInput<Endpoint>, init: Partial<FetchInit>): Promise<FetchResponse> => {
    const url = new URL(fillPath(endpoint.path, input.params), options.baseUrl)
    for (const [name, value] of Object.entries((input.query ?? {}) as Record<string, unknown>)) {
      if (value !== undefined) url.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value))
    }
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries({ ...init.headers, ...options.headers })) headers[name.toLowerCase()] = value
    const token = await options.token?.()
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`
    if (input.ifMatch !== undefined) headers['if-match'] = `"${String(input.ifMatch)}"`
    const timeout = AbortSignal.timeout(input.timeoutMs ?? defaultTimeoutMs)
    const signal = endpoint.kind === 'stream' ? input.signal : input.signal ? AbortSignal.any([input.signal, timeout]) : timeout
    let response: FetchResponse
    try {
      response = await doFetch(url.toString(), { ...init, method: endpoint.method, headers, ...(signal ? { signal } : {}) })
    } catch (cause) {
      if (input.signal?.aborted)
        throw new AppError('canceled', 'CALL_CANCELED', `The call to ${url.pathname} was cancelled.`, { cause })
      throw new HttpCallError('unavailable', 'SERVER_UNREACHABLE', `Nothing answered at ${url.origin}${url.pathname}.`, {
        status: 0,
        hint: 'Check that the server runs and that this address is right.',
        cause,
      })
    }
    if (!response.ok) throw await toCallError(response, url)
    return response
  }

  return {
    async call(endpoint, input = {}) {
      const hasBody = input.body !== undefined
      const response = await send(endpoint, input, {
        ...(hasBody ? { body: JSON.stringify(input.body), headers: { 'content-type': 'application/json' } } : {}),
      })
      const text = await response.text()
      const parsed = endpoint.reply.safeParse(text === '' ? {} : parseJson(text))
      if (!parsed.success) {
        throw new AppError(
          'internal',
          'REPLY_NOT_UNDERSTOOD',
          `The answer of ${endpoint.path} is not what this version expects.`,
          {
            hint: 'Client and server may be of different versions.',
            cause: parsed.error,
          },
        )
      }
      return parsed.data as never
    },
    raw(endpoint, input = {}) {
      const { bytes, headers, ...rest } = input
      return send(endpoint, rest, {
        ...(bytes === undefined ? {} : { body: bytes }),
        ...(headers === undefined ? {} : { headers }),
      })
    },
  }
}

function fillPath(path: string, params: unknown): string {
  const values = (params ?? {}) as Record<string, unknown>
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON at all: the schema check that follows reports it as an answer that is not understood.
    return undefined
  }
}

async function toCallError(response: FetchResponse, url: URL): Promise<HttpCallError> {
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  const retryAfterMs = Number.isFinite(retryAfter) ? { retryAfterMs: retryAfter * 1000 } : {}
  // Loaded here: programs that make no call, or none that fails, start without the contract and its validator.
  const { errorBody } = await import('./error-body.ts')
  const body = errorBody.safeParse(parseJson(await response.text().catch(() => '')))
  if (!body.success) {
    const kind: ErrorKind = response.status >= 500 ? 'unavailable' : response.status === 401 ? 'unauthenticated' : 'invalid'
    return new HttpCallError(kind, 'HTTP_STATUS', `${url.origin}${url.pathname} answered ${String(response.status)}.`, {
      status: response.status,
      ...retryAfterMs,
    })
  }
  const { kind, code, message, hint, details, requestId } = body.data.error
  return new HttpCallError(errorKinds.find((known) => known === kind) ?? 'internal', code, message, {
    status: response.status,
    requestId,
    ...retryAfterMs,
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  })
}
