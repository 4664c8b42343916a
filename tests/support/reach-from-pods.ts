import { spawn } from 'node:child_process'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { execFileSync } from 'node:child_process'

/** A way by which pods reach something of this machine. */
export interface Reach extends AsyncDisposable {
  readonly port: number
}

/** Passes TCP connections from the address that pods know on to a port of this machine's loopback. */
export async function forwardTo(host: string, port: number): Promise<Reach> {
  const open = new Set<Socket>()
  const server = createServer((incoming) => {
    const outgoing = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        open.delete(from)
        to.destroy()
      })
    }
    incoming.pipe(outgoing).pipe(incoming)
  })
  return listen(server, host, () => {
    for (const socket of open) socket.destroy()
  })
}

/** Serves the repositories of a folder over Git's smart HTTP, with a name and a password if they are given. */
export async function serveGit(
  host: string,
  folder: string,
  credentials?: { readonly user: string; readonly password: string },
): Promise<Reach> {
  const backend = join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-http-backend')
  const expected =
    credentials === undefined
      ? undefined
      : `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`
  const server = createHttpServer((request, response) => {
    if (expected !== undefined && request.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
      return
    }
    const { pathname, search } = new URL(request.url ?? '/', 'http://git')
    const child = spawn(backend, {
      env: {
        PATH: process.env['PATH'],
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    request.pipe(child.stdin)
    child.stdin.on('error', () => {})
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('close', () => {
      const output = Buffer.concat(chunks)
      const end = output.indexOf('\r\n\r\n')
      const headers = output.subarray(0, Math.max(0, end)).toString().split('\r\n')
      for (const line of headers) {
        const [name = '', value = ''] = line.split(/:\s*/, 2)
        if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10)
        else if (name !== '') response.setHeader(name, value)
      }
      response.end(output.subarray(end + 4))
    })
  })
  return listen(server, host, () => server.closeAllConnections())
}

/** The parent of a repository's folder and its name, for an address below what `serveGit` serves. */
export function repositoryPath(dir: string): { readonly folder: string; readonly name: string } {
  return { folder: dirname(dir), name: dir.slice(dirname(dir).length + 1) }
}

function listen(server: Server, host: string, cut: () => void): Promise<Reach> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        [Symbol.asyncDispose]: () =>
          new Promise((done) => {
            server.close(() => done())
            cut()
          }),
      }),
    )
  })
}
