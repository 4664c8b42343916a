/** A runner's call, as far as the relay has to understand it. */
export interface RelayRoute {
  readonly attemptId: string
  readonly call: 'next' | 'events' | 'permit' | 'heartbeat' | 'appendLog' | 'sealLog' | 'complete' | 'secrets'
  /** Longest body in bytes. */
  readonly bytesMax: number
}

const id = '[A-Za-z0-9][A-Za-z0-9_-]{0,127}'
const jsonBytesMax = 4 * 1024 * 1024
// A chunk is at most `limits.logChunkBytesMax`; compression can make it a little larger.
const logBytesMax = 512 * 1024

const routes = [
  { method: 'POST', call: 'next', tail: 'next', bytesMax: 64 * 1024 },
  { method: 'POST', call: 'events', tail: 'events', bytesMax: jsonBytesMax },
  { method: 'POST', call: 'permit', tail: `steps/${id}/permit`, bytesMax: 64 * 1024 },
  { method: 'POST', call: 'heartbeat', tail: 'heartbeat', bytesMax: 64 * 1024 },
  { method: 'PUT', call: 'appendLog', tail: `logs/${id}`, bytesMax: logBytesMax },
  { method: 'POST', call: 'sealLog', tail: `logs/${id}/seal`, bytesMax: 64 * 1024 },
  // The only one that the relay answers itself.
  { method: 'POST', call: 'secrets', tail: 'secrets', bytesMax: 4096 },
  { method: 'POST', call: 'complete', tail: 'complete', bytesMax: jsonBytesMax },
] as const

const patterns = routes.map((route) => ({ ...route, pattern: new RegExp(`^/api/delegate/v1/attempts/(${id})/${route.tail}$`) }))

/**
 * What of the protocol a runner may call through the relay: its own attempt's calls. Accepting and declining are the delegate's; so is
 * everything else. Undefined for all that.
 */
export function findRoute(method: string | undefined, path: string): RelayRoute | undefined {
  for (const { method: wanted, pattern, call, bytesMax } of patterns) {
    const match = method === wanted ? pattern.exec(path) : null
    if (match?.[1] !== undefined) return { attemptId: match[1], call, bytesMax }
  }
  return undefined
}
