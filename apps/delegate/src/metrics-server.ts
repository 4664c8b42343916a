import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MetricsAddress } from './config.ts'
import type { Metrics } from './metrics.ts'

/** Serves the metrics and the health to this machine. Resolves to the port, 0 for a socket, and how to stop it. */
export async function serveMetrics(
  address: MetricsAddress,
  metrics: Metrics,
  health: () => object,
): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    const isMetrics = request.url === '/metrics'
    if (request.method !== 'GET' || (!isMetrics && request.url !== '/health')) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, { 'content-type': isMetrics ? 'text/plain; version=0.0.4; charset=utf-8' : 'application/json' })
    response.end(isMetrics ? metrics.render() : JSON.stringify(health()))
  })
  if (address.kind === 'socket') rmSync(address.path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    if (address.kind === 'socket') server.listen(address.path, resolve)
    else server.listen(address.port, address.host, resolve)
  })
  const bound = server.address() as AddressInfo | string
  return {
    port: typeof bound === 'string' ? 0 : bound.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}
