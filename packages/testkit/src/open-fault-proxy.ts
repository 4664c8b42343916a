import { once } from 'node:events'
import { Agent as HttpAgent, createServer as createHttpServer } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import type { Server } from 'node:net'
import { FaultPlan } from './fault-plan.ts'
import type { FaultProxy, FaultProxyOptions } from './fault-plan.ts'
import { passHttp } from './http-faults.ts'
import { createSeededRandom } from './seeded-random.ts'
import { passTcp, track } from './tcp-faults.ts'
import type { TcpPairs } from './tcp-faults.ts'

/**
 * A proxy on loopback that mistreats what passes through, by seeded chance (`rates`) or on command. Faults can be changed at any
 * time; `goDown`/`comeUp` keep the port.
 */
export async function openFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const target = new URL(options.target)
  const plan = new FaultPlan(createSeededRandom(options.seed), options.rates ?? {}, options.delayMs ?? [5, 100])
  const pairs: TcpPairs = { sockets: new Set(), frozen: false }
  const isTcp = target.protocol === 'tcp:'
  const agent = target.protocol === 'https:' ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })

  const createServer = (): Server => {
    if (isTcp) {
      const address = { host: target.hostname, port: Number(target.port) }
      return createTcpServer({ allowHalfOpen: false }, (caller) => void passTcp(caller, address, plan, pairs))
    }
    return createHttpServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (incoming, outgoing) => {
      void passHttp(incoming, outgoing, target, agent, plan)
    })
  }
  const listen = async (port: number): Promise<Server> => {
    const server = createServer()
    server.on('connection', (socket) => track(socket, pairs))
    server.listen({ port, host: '127.0.0.1' })
    await once(server, 'listening')
    return server
  }
  const resetAll = (): void => {
    for (const socket of pairs.sockets) socket.resetAndDestroy()
  }

  let server: Server | undefined = await listen(options.port ?? 0)
  const { port } = server.address() as { port: number }
  const goDown = (): void => {
    server?.close()
    server = undefined
    resetAll()
  }
  const close = async (): Promise<void> => {
    const ended = server === undefined ? Promise.resolve() : once(server, 'close')
    goDown()
    agent.destroy()
    await ended
  }

  return {
    url: isTcp ? `tcp://127.0.0.1:${port}` : `http://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    setRates: (rates) => plan.setRates(rates),
    injectNext: (fault, matches) => plan.injectNext(fault, matches),
    resetAll,
    goDown,
    comeUp: async () => {
      server ??= await listen(port)
    },
    freeze: () => {
      pairs.frozen = true
      for (const socket of pairs.sockets) socket.pause()
    },
    thaw: () => {
      pairs.frozen = false
      for (const socket of pairs.sockets) socket.resume()
    },
    get faults() {
      return plan.faults
    },
    get arrivals() {
      return plan.arrivals
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
