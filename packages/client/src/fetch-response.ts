/** What a call hands to `fetch`, or to what stands in for it. */
export interface FetchInit {
  readonly method: string
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * What callers need of an answer. `fetch`'s own `Response` is one; what stands in for `fetch` makes simpler ones, since in Node the first
 * touch of `Response` or `Headers` loads a whole HTTP library: 50 ms and some megabytes in every runner.
 */
export interface FetchResponse {
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: Response['body']
  text(): Promise<string>
  json(): Promise<unknown>
  arrayBuffer(): Promise<ArrayBuffer>
}

/** An answer whose bytes are all there. `headers` as Node gives them: names in lower case. */
export function createFetchResponse(answer: {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly bytes: Uint8Array
}): FetchResponse {
  const { status, headers, bytes } = answer
  const text = (): string => new TextDecoder().decode(bytes)
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: {
      get(name) {
        const value = headers[name.toLowerCase()]
        return value === undefined ? null : typeof value === 'string' ? value : value.join(', ')
      },
    },
    get body() {
      return new Blob([new Uint8Array(bytes)]).stream()
    },
    text: async () => text(),
    json: async () => JSON.parse(text()) as unknown,
    arrayBuffer: async () => bytes.slice().buffer,
  }
}
