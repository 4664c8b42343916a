import type { Endpoint } from '@sluice/contract'
import type { z } from 'zod'

type Output<S> = S extends z.ZodType ? z.output<S> : never
type Input<S> = S extends z.ZodType ? z.input<S> : never

export interface ProtocolAnswer<Body> {
  readonly status: number
  /** The reply, or undefined for an error. */
  readonly body: Body
  /** The error's code, or undefined. */
  readonly code: string | undefined
  readonly details: Record<string, unknown>
  readonly retryAfter: string | null
}

export interface ProtocolInput<E extends Endpoint> {
  readonly token?: string | undefined
  readonly params?: Input<E['params']>
  readonly query?: Input<E['query']>
  readonly body?: Input<E['body']>
  readonly bytes?: Uint8Array
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal
}

/** Calls an endpoint of the protocol as a delegate or runner would, and gives the answer whatever it is. */
export async function tell<E extends Endpoint>(
  url: string,
  endpoint: E,
  input: ProtocolInput<E> = {},
): Promise<ProtocolAnswer<Output<E['reply']>>> {
  const params = (input.params ?? {}) as Record<string, string>
  const address = new URL(
    endpoint.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? ''),
    url,
  )
  for (const [name, value] of Object.entries<unknown>(input.query ?? {})) address.searchParams.set(name, String(value))
  const response = await fetch(address, {
    method: endpoint.method,
    headers: {
      ...(input.token === undefined ? {} : { authorization: `Bearer ${input.token}` }),
      ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(input.bytes === undefined ? {} : { 'content-type': 'application/octet-stream' }),
      ...input.headers,
    },
    ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
    ...(input.bytes === undefined ? {} : { body: input.bytes as Uint8Array<ArrayBuffer> }),
    ...(input.signal === undefined ? {} : { signal: input.signal }),
  })
  const text = await response.text()
  const parsed = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  const error = parsed['error'] as { code: string; details?: Record<string, unknown> } | undefined
  return {
    status: response.status,
    body: (response.ok ? parsed : undefined) as Output<E['reply']>,
    code: error?.code,
    details: error?.details ?? {},
    retryAfter: response.headers.get('retry-after'),
  }
}

/** The same, and throws unless the call succeeds. */
export async function ask<E extends Endpoint>(
  url: string,
  endpoint: E,
  input: ProtocolInput<E> = {},
): Promise<Output<E['reply']>> {
  const answer = await tell(url, endpoint, input)
  if (answer.status >= 300) throw new Error(`${endpoint.id} answered ${String(answer.status)} ${answer.code ?? ''}`)
  return answer.body
}
