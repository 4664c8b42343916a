export { createHttpClient, HttpCallError } from './http-client.ts'
export type { CallInput, Fetch, HttpClient, HttpClientOptions } from './http-client.ts'
export { readEventStream } from './event-stream.ts'
export type { ServerSentEvent } from './event-stream.ts'
