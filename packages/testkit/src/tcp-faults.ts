import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { FaultPlan } from './fault-plan.ts'

/** Both ends of everything that passes through, so that it can be frozen as one. */
export interface TcpPairs {
  readonly sockets: Set<Socket>
  frozen: boolean
}

/** Joins a caller's connection with the target, with the fault that the plan has for it. */
export async function passTcp(
  caller: Socket,
  target: { host: string; port: number },
  plan: FaultPlan,
  pairs: TcpPairs,
): Promise<void> {
  caller.on('error', () => {})
  const fault = plan.draw(`connection ${plan.arrivals + 1}`)
  if (fault === 'dropRequest') {
    caller.resetAndDestroy()
    return
  }
  if (fault === 'delay') await delay(plan.drawDelayMs())
  if (caller.destroyed) return
  const server = connect({ ...target, noDelay: true })
  track(server, pairs)
  server.on('error', () => caller.resetAndDestroy())
  caller.on('close', () => server.destroy())
  server.on('close', () => caller.destroy())
  caller.setNoDelay(true)
  if (pairs.frozen) {
    caller.pause()
    server.pause()
  }
  caller.pipe(server)
  if (fault === 'halfOpen') {
    server.resume()
  } else if (fault === 'dropResponse' || fault === 'truncate') {
    server.once('data', (chunk: Buffer) => {
      if (fault === 'truncate') caller.write(chunk.subarray(0, Math.floor(chunk.length / 2)))
      setImmediate(() => caller.resetAndDestroy())
    })
  } else {
    server.pipe(caller)
  }
}

export function track(socket: Socket, pairs: TcpPairs): void {
  pairs.sockets.add(socket)
  socket.once('close', () => pairs.sockets.delete(socket))
}
