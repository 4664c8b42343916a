import { join } from 'node:path'
import { defaultTimings, silentLogger, type Logger, type Timings } from '@sluice/base'
import { insertApiKey, type Role } from '@sluice/store'
import { openTempDir, openTestDatabase } from '@sluice/testkit'
import type { App } from './app-context.ts'
import { createServer, type Server } from './create-server.ts'

/** A whole server on a database of its own, for tests. */
export interface TestServer extends AsyncDisposable {
  readonly server: Server
  readonly app: App
  readonly url: string
  /** Key of an administrator of the account. */
  readonly adminKey: string
  /** Makes a key; the scope is the account unless it is given. */
  makeKey(role: Role, scope?: { org?: string; project?: string }): Promise<string>
  /** Calls without a socket. Answers with the parsed body. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
}

export interface CallOptions {
  readonly body?: unknown
  /** The administrator's key unless given; null calls as nobody. */
  readonly key?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly ifMatch?: number
}

export interface Answer {
  readonly status: number
  // eslint-disable-next-line typescript/no-explicit-any -- answers of many shapes, looked into by tests
  readonly body: any
  readonly headers: Readonly<Record<string, unknown>>
}

/** Statuses of answers that came in no particular order. */
export function sortedStatuses(answers: readonly { readonly status: number }[]): number[] {
  return answers.map(({ status }) => status).toSorted((left, right) => left - right)
}

interface TestScope {
  after(work: () => Promise<void>): void
}

/** Starts a server that checks its own answers against the contract. With a test's context it is stopped at that test's end. */
export async function openTestServer(
  scope?: TestScope,
  options: { readonly logger?: Logger; readonly timings?: Timings } = {},
): Promise<TestServer> {
  const dir = await openTempDir()
  const database = await openTestDatabase()
  const adminKeyFile = join(dir.path, 'admin-key')
  const server = createServer(
    {
      databaseUrl: database.url,
      dataDir: dir.path,
      host: '127.0.0.1',
      port: 0,
      tls: undefined,
      publicUrl: undefined,
      adminKeyFile,
      logLevel: 'silent',
      webDir: join(dir.path, 'web'),
      timings: options.timings ?? defaultTimings,
    },
    { logger: options.logger ?? silentLogger, checkReplies: true },
  )
  const close = async (): Promise<void> => {
    await server.stop()
    await database.drop()
    await dir[Symbol.asyncDispose]()
  }
  scope?.after(close)
  await server.start()
  const { app } = server
  let made = 0
  const makeKey: TestServer['makeKey'] = async (role, { org = '', project = '' } = {}) => {
    made += 1
    const token = `slk_test-${role}-${String(made)}`
    await insertApiKey(app.context.store.db, token, {
      name: `${role}-${String(made)}`,
      role,
      org,
      project,
      createdBy: 'test',
      expiresAt: null,
    })
    return token
  }
  const adminKey = await makeKey('admin')
  return {
    server,
    app,
    url: server.url,
    adminKey,
    makeKey,
    [Symbol.asyncDispose]: close,
    async call(method, path, { body, key = adminKey, headers = {}, ifMatch } = {}) {
      const response = await app.fastify.inject({
        method: method as 'GET',
        url: path,
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(ifMatch === undefined ? {} : { 'if-match': `"${String(ifMatch)}"` }),
          ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
          ...headers,
        },
        ...(body === undefined ? {} : { payload: body as object }),
      })
      const isJson = String(response.headers['content-type'] ?? '').includes('json')
      return { status: response.statusCode, body: isJson ? response.json() : response.body, headers: response.headers }
    },
  }
}
