import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { AppError } from '@sluice/base'
import { createHttpClient, type HttpClient } from '@sluice/client'
import { entityEndpoints, operationEndpoints } from '@sluice/contract'
import { type BackgroundProcess, startInBackground } from './child-process.ts'
import { writeDelegatePolicy } from './delegate-policy.ts'
import type { ExampleDatabase } from './example-databases.ts'
import type { StopList } from './stop-list.ts'

const startMs = 60_000
const defaultPort = 8400
const delegateName = 'local'

export interface ControlPlane {
  readonly url: string
  readonly client: HttpClient
  /** Environment in which the CLI finds this server. */
  readonly cliEnv: NodeJS.ProcessEnv
  readonly processes: readonly BackgroundProcess[]
  /** Whether every example secret has a value: then the databases' passwords may stay as they are. */
  hasSecretValues(): Promise<boolean>
  startDelegate(repositoryDir: string, databases: readonly ExampleDatabase[]): Promise<BackgroundProcess>
  /** An address that opens the web UI once. */
  loginLink(): Promise<string>
}

/** Starts the server on the data folder, waits until it answers, and leaves address and key where the CLI finds them. */
export async function startControlPlane(options: {
  readonly checkout: string
  readonly dataDir: string
  readonly port: number | undefined
  readonly stops: StopList
}): Promise<ControlPlane> {
  const { checkout, dataDir, stops } = options
  const port = await choosePort(options.port)
  const logDir = join(dataDir, 'logs')
  mkdirSync(logDir, { recursive: true, mode: 0o700 })
  const adminKeyFile = join(dataDir, 'admin-key')
  const baseEnv = { ...process.env, SLUICE_DATA_DIR: dataDir }
  const server = startInBackground(
    'control plane',
    join(checkout, 'dist/server.js'),
    { ...baseEnv, SLUICE_PORT: String(port), SLUICE_ADMIN_KEY_FILE: adminKeyFile },
    join(logDir, 'server.log'),
  )
  stops.add(() => server.stop())
  const url = `http://127.0.0.1:${String(port)}`
  const anonymous = createHttpClient({ baseUrl: url, timeoutMs: 5000 })
  await waitUntil(
    'The control plane did not start',
    server,
    async () => (await anonymous.call(operationEndpoints.health)).status === 'ok',
  )
  const apiKey = readFileSync(adminKeyFile, 'utf8').trim()
  const configPath = join(dataDir, 'cli.json')
  writeFileSync(configPath, `${JSON.stringify({ url, apiKey }, null, 2)}\n`, { mode: 0o600 })
  const client = createHttpClient({ baseUrl: url, token: () => apiKey })
  const processes = [server]

  return {
    url,
    client,
    cliEnv: { ...process.env, SLUICE_CONFIG: configPath, SLUICE_URL: url, SLUICE_API_KEY: apiKey },
    processes,
    async hasSecretValues() {
      const page = await client.call(entityEndpoints.secret.list, {
        query: { orgIdentifier: 'default', projectIdentifier: 'default', limit: 500 },
      })
      const set = page.items.filter(({ facts }) => Number(facts?.['valueVersion'] ?? 0) > 0).map(({ spec }) => spec['identifier'])
      return ['dev', 'staging', 'production'].every((name) => set.includes(`shop_${name}_password`))
    },
    async startDelegate(repositoryDir, databases) {
      const dir = join(dataDir, 'delegate')
      mkdirSync(dir, { recursive: true, mode: 0o700 })
      const policyFile = writeDelegatePolicy(dir, repositoryDir, databases)
      const isNew = !existsSync(join(dir, 'identity.json'))
      const token = isNew
        ? (await client.call(operationEndpoints.createToken, { body: { expiresInHours: 1, approve: true } })).token
        : undefined
      const env = {
        ...baseEnv,
        SLUICE_SERVER_URL: url,
        SLUICE_DELEGATE_NAME: delegateName,
        SLUICE_DELEGATE_TAGS: 'local',
        SLUICE_DELEGATE_DIR: dir,
        SLUICE_DELEGATE_POLICY: policyFile,
        ...(token === undefined ? {} : { SLUICE_DELEGATE_TOKEN: token }),
      }
      const delegate = startInBackground('delegate', join(checkout, 'dist/delegate.js'), env, join(logDir, 'delegate.log'))
      stops.add(() => delegate.stop())
      await waitUntil('The delegate did not connect', delegate, async () => {
        const { items } = await client.call(operationEndpoints.delegates, { query: { limit: 100 } })
        return items.some((item) => item.name === delegateName && item.health === 'connected')
      })
      return delegate
    },
    async loginLink() {
      const { code } = await client.call(operationEndpoints.createLoginCode, {})
      return `${url}/login?code=${code}`
    },
  }
}

/** The port asked for, or the usual one, or a free one where the usual one is taken. */
async function choosePort(wanted: number | undefined): Promise<number> {
  if (wanted !== undefined) {
    if (await isFree(wanted)) return wanted
    throw new AppError('conflict', 'PORT_TAKEN', `Port ${String(wanted)} is taken.`, { hint: 'Choose another one with --port.' })
  }
  if (await isFree(defaultPort)) return defaultPort
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

async function waitUntil(failure: string, child: BackgroundProcess, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + startMs
  while (performance.now() < deadline && !child.hasEnded) {
    try {
      if (await isReady()) return
    } catch {
      // Not answering yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const lines = existsSync(child.logPath) ? readFileSync(child.logPath, 'utf8').trimEnd().split('\n').slice(-8).join('\n') : ''
  throw new AppError(
    'unavailable',
    'START_FAILED',
    `${failure}${child.hasEnded ? ': it ended' : ' in time'}. The last lines of ${child.logPath}:\n${lines}`,
  )
}
