import { Agent, request } from 'node:https'

/** A call over TLS on kept connections with as little of a client as possible: the load generator shares its machine with the server. */
export type TlsCall = (path: string, body: object | undefined, token?: string) => Promise<Record<string, unknown>>

export function createTlsCall(baseUrl: string): TlsCall {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  const { hostname, port } = new URL(baseUrl)
  return (path, body, token) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const headers: Record<string, string | number> = { 'content-length': Buffer.byteLength(text) }
      if (body !== undefined) headers['content-type'] = 'application/json'
      if (token !== undefined) headers['authorization'] = `Bearer ${token}`
      const sent = request({ agent, hostname, port, path, method: 'POST', headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString('utf8')
          if (response.statusCode === undefined || response.statusCode >= 300)
            reject(new Error(`${path} answered ${String(response.statusCode)}: ${answer.slice(0, 500)}`))
          else resolve(JSON.parse(answer) as Record<string, unknown>)
        })
      })
      sent.on('error', reject)
      sent.end(text)
    })
}
