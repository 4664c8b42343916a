import { request as requestHttp } from 'node:http'
import type { Agent, IncomingMessage, ServerResponse } from 'node:http'
import { request as requestHttps } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import type { FaultPlan } from './fault-plan.ts'

const bodyBytesMax = 256 * 1024 * 1024

/** Passes one request on, with the fault that the plan has for it. Bodies of requests are held in memory: they may be sent twice. */
export async function passHttp(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: URL,
  agent: Agent,
  plan: FaultPlan,
): Promise<void> {
  const fault = plan.draw(`${incoming.method} ${incoming.url}`)
  const body = await readBody(incoming)
  const { socket } = incoming
  if (body === undefined) return
  if (fault === 'dropRequest') {
    socket.resetAndDestroy()
    return
  }
  if (fault === 'delay') await delay(plan.drawDelayMs())
  if (fault === 'duplicate') await swallow(await forward(incoming, body, target, agent, undefined))
  const answer = await forward(incoming, body, target, agent, outgoing)
  if (answer === undefined) {
    socket.resetAndDestroy()
    return
  }
  if (fault === 'dropResponse' || fault === 'halfOpen') {
    await swallow(answer)
    if (fault === 'dropResponse') socket.resetAndDestroy()
    return
  }
  outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
  if (fault === 'truncate') {
    // Headers promise more than comes.
    outgoing.flushHeaders()
    answer.once('data', (chunk: Buffer) => {
      outgoing.write(chunk.subarray(0, Math.floor(chunk.length / 2)))
      setImmediate(() => socket.resetAndDestroy())
    })
    answer.once('end', () => socket.resetAndDestroy())
    return
  }
  answer.on('error', () => socket.resetAndDestroy())
  answer.pipe(outgoing)
}

async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > bodyBytesMax) throw new Error('The body is larger than the proxy can repeat.')
      chunks.push(chunk)
    }
  } catch {
    // The caller went away in the middle of its request: there is nobody to answer.
    incoming.socket.destroy()
    return undefined
  }
  return Buffer.concat(chunks)
}

/** Sends the request to the target; undefined when that fails. When the caller goes away, so does the request. */
function forward(
  incoming: IncomingMessage,
  body: Buffer,
  target: URL,
  agent: Agent,
  outgoing: ServerResponse | undefined,
): Promise<IncomingMessage | undefined> {
  return new Promise((resolve) => {
    const send = target.protocol === 'https:' ? requestHttps : requestHttp
    const headers = [...incoming.rawHeaders]
    const options = { method: incoming.method, path: incoming.url, headers, agent, rejectUnauthorized: false, setHost: false }
    const sent = send({ ...options, host: target.hostname, port: target.port }, resolve)
    sent.on('error', () => resolve(undefined))
    outgoing?.once('close', () => sent.destroy())
    sent.end(body)
  })
}

/** Reads an answer to its end for nobody. */
function swallow(answer: IncomingMessage | undefined): Promise<void> {
  if (answer === undefined) return Promise.resolve()
  return new Promise((resolve) => {
    answer.resume()
    answer.once('close', resolve)
  })
}
