import type { Clock } from '@sluice/base'
import type { FastifyInstance } from 'fastify'

const stepMs = 20

/**
 * Stops taking requests, lets those under way finish for up to `graceMs`, then ends every connection. Node's own close waits for
 * connections instead of requests, and one whose body was refused half way counts as busy until it times out.
 */
export async function closeFastify(
  fastify: FastifyInstance,
  inFlight: () => number,
  clock: Clock,
  graceMs: number,
): Promise<void> {
  const closed = fastify.close()
  const deadline = clock.monotonic() + graceMs
  while (inFlight() > 0 && clock.monotonic() < deadline) await clock.sleep(stepMs)
  fastify.server.closeAllConnections()
  await closed
}

/** Counts the requests under way. */
export function countInFlight(fastify: FastifyInstance): () => number {
  const running = new Set<object>()
  fastify.addHook('onRequest', (request, reply, done) => {
    running.add(request)
    // Also for answers that a handler writes by itself and for clients that go away.
    reply.raw.once('close', () => running.delete(request))
    done()
  })
  return () => running.size
}
