import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createHttpClient, type HttpClient } from '@sluice/client'
import {
  entityEndpoints,
  executionEndpoints,
  type ExecutionView,
  operationEndpoints,
  readEntityDocuments,
  secretEndpoints,
} from '@sluice/contract'
import { sealSecret } from '@sluice/sealing'
import { canonicalTarget } from '@sluice/base'
import { openTempDir, openTestDatabase, spawnProcess, type SpawnedProcess, waitFor } from '@sluice/testkit'
import { appEntry, mortalDelegateEntry } from './app-entries.ts'
import { createTestRepository, type TestRepository } from './test-repository.ts'

export interface InstallationOptions {
  /** Every duration divided by this (`SLUICE_TIME_SCALE`). Default 10. */
  readonly timeScale?: number | undefined
  /** The control plane's database; a fresh one on the tests' shared PostgreSQL unless given. */
  readonly databaseUrl?: string | undefined
  /** More environment for server and delegate. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** More environment for the server alone. */
  readonly serverEnv?: Readonly<Record<string, string>> | undefined
  /** More environment for the delegate alone. */
  readonly delegateEnv?: Readonly<Record<string, string>> | undefined
  /** The delegate's policy file; one that allows local repositories below the installation's folder unless given. */
  readonly policy?: ((repositoriesDir: string) => string) | undefined
}

/**
 * A whole Sluice for a test: server and delegate as the processes that ship, started and killed at will, with its own folder, database and
 * repositories. Talks to them as a user does: through the API.
 */
export interface Installation extends AsyncDisposable {
  readonly dir: string
  readonly url: string
  readonly databaseUrl: string
  readonly client: HttpClient
  readonly adminKey: string
  readonly server: SpawnedProcess
  readonly delegate: SpawnedProcess | undefined
  readonly delegateDir: string
  /** Starts (or starts again) the server on the same port and data, and waits until it answers. */
  startServer(): Promise<SpawnedProcess>
  /**
   * Starts (or starts again) the delegate on the same folder and waits until the server sees it. `serverUrl`: through a proxy. `killAt`: one that
   * ends itself, as by SIGKILL, at that point of the next attempt's life.
   */
  startDelegate(options?: DelegateStart): Promise<SpawnedProcess>
  createRepository(name: string): TestRepository
  /** Creates or updates the entities of a YAML text. */
  apply(yaml: string): Promise<void>
  setSecret(identifier: string, value: string, allowedTargets: readonly string[]): Promise<void>
  /** Starts a pipeline and returns the execution's id. */
  run(pipelineIdentifier: string, inputs?: Readonly<Record<string, string>>): Promise<string>
  getExecution(executionId: string): Promise<ExecutionView>
  /** Waits until the execution is in one of these states (any final one, or Unknown, unless given). */
  waitForExecution(
    executionId: string,
    options?: { readonly states?: readonly string[]; readonly timeoutMs?: number },
  ): Promise<ExecutionView>
  /** What has come of a step's log until now. */
  readLog(executionId: string, stream: string): Promise<string>
  /** A step's log once all of it has come. */
  readWholeLog(executionId: string, stream: string): Promise<string>
}

export interface DelegateStart {
  readonly serverUrl?: string
  readonly wait?: boolean
  readonly killAt?: string
}

const scope = { orgIdentifier: 'default', projectIdentifier: 'default' }

export async function openInstallation(options: InstallationOptions = {}): Promise<Installation> {
  const temp = await openTempDir()
  const dir = temp.path
  const database = options.databaseUrl === undefined ? await openTestDatabase() : undefined
  const databaseUrl = options.databaseUrl ?? database?.url ?? ''
  const port = await freePort()
  const url = `http://127.0.0.1:${String(port)}`
  const delegateDir = join(dir, 'delegate')
  const repositoriesDir = join(dir, 'repositories')
  mkdirSync(repositoriesDir)
  mkdirSync(delegateDir, { mode: 0o700 })
  const policyFile = join(dir, 'policy.yaml')
  writeFileSync(
    policyFile,
    options.policy?.(repositoriesDir) ??
      `git:\n  protocols: [https, ssh]\n  allowLocalPaths: [${JSON.stringify(repositoriesDir)}]\n`,
  )
  const env = { SLUICE_TIME_SCALE: String(options.timeScale ?? 10), SLUICE_LOG_LEVEL: 'info', ...options.env }
  const adminKeyFile = join(dir, 'admin-key')
  const anonymous = createHttpClient({ baseUrl: url, timeoutMs: 5000 })
  let adminKey = ''
  const client = createHttpClient({ baseUrl: url, token: () => adminKey })
  let server: SpawnedProcess | undefined
  let delegate: SpawnedProcess | undefined

  const logResponse = (executionId: string, stream: string): ReturnType<typeof client.raw> =>
    client.raw(executionEndpoints.log, { params: { executionId, stream }, query: { limit: 8 * 1024 * 1024 } })
  const installation: Installation = {
    dir,
    url,
    databaseUrl,
    client,
    delegateDir,
    get adminKey() {
      return adminKey
    },
    get server() {
      if (server === undefined) throw new Error('The server was not started.')
      return server
    },
    get delegate() {
      return delegate
    },
    async startServer() {
      const started = spawnProcess({
        name: 'server',
        command: process.execPath,
        args: [appEntry('server')],
        env: {
          ...env,
          ...options.serverEnv,
          SLUICE_DATABASE_URL: databaseUrl,
          SLUICE_PORT: String(port),
          SLUICE_DATA_DIR: join(dir, 'server'),
          SLUICE_ADMIN_KEY_FILE: adminKeyFile,
        },
      })
      server = started
      await waitFor(async () => (await anonymous.call(operationEndpoints.health).catch(() => undefined))?.status === 'ok', {
        timeoutMs: 30_000,
        what: () => `the server to answer; it printed:\n${started.output.slice(-3000)}`,
      })
      adminKey ||= readFileSync(adminKeyFile, 'utf8').trim()
      return started
    },
    async startDelegate({ serverUrl = url, wait = true, killAt } = {}) {
      const token = (await client.call(operationEndpoints.createToken, { body: { approve: true } })).token
      const started = spawnProcess({
        name: 'delegate',
        command: process.execPath,
        args: [killAt === undefined ? appEntry('delegate') : mortalDelegateEntry],
        env: {
          ...env,
          ...(killAt === undefined ? {} : { SLUICE_TEST_KILL_AT: killAt }),
          ...options.delegateEnv,
          SLUICE_SERVER_URL: serverUrl,
          SLUICE_DELEGATE_TOKEN: token,
          SLUICE_DELEGATE_NAME: 'test',
          SLUICE_DELEGATE_TAGS: 'test',
          SLUICE_DELEGATE_DIR: delegateDir,
          SLUICE_DELEGATE_POLICY: policyFile,
          SLUICE_RUNNER_ENTRY: appEntry('runner'),
        },
      })
      delegate = started
      if (wait) {
        await waitFor(
          async () => {
            const page = await client.call(operationEndpoints.delegates, { query: { limit: 10 } })
            return page.items.some((item) => item.health === 'connected')
          },
          {
            timeoutMs: 30_000,
            signal: endOf(started),
            what: () => `the delegate to connect; it printed:\n${started.output.slice(-3000)}`,
          },
        )
      }
      return started
    },
    createRepository: (name) => createTestRepository(join(repositoriesDir, name)),
    async apply(yaml) {
      const { documents, diagnostics } = readEntityDocuments(yaml, { file: 'test.yaml', scope })
      if (diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics, null, 2))
      for (const { kind, value } of documents) {
        const endpoints = entityEndpoints[kind]
        const place = {
          params: { identifier: value.identifier },
          query: { orgIdentifier: value.orgIdentifier, projectIdentifier: value.projectIdentifier },
        }
        const stored = await client.call(endpoints.get, place).catch(() => undefined)
        if (stored === undefined) await client.call(endpoints.create, { body: value })
        else await client.call(endpoints.update, { ...place, body: value, ifMatch: stored.meta.version })
      }
    },
    async setSecret(identifier, value, allowedTargets) {
      const stored = await client.call(entityEndpoints.secret.get, { params: { identifier }, query: scope })
      const recipients = (await client.call(secretEndpoints.recipients, { query: scope })).items
      const version = Number(stored.facts?.['valueVersion'] ?? 0) + 1
      const record = await sealSecret({
        value: new TextEncoder().encode(value),
        recipients,
        scope: { org: 'default', project: 'default' },
        secretId: identifier,
        version,
        allowedTargets: allowedTargets.map((target) => (target.startsWith('jdbc:') ? canonicalTarget(target) : target)),
      })
      await client.call(secretEndpoints.setValue, {
        params: { identifier },
        query: scope,
        body: { version, record: { ...record } },
      })
    },
    async run(pipelineIdentifier, inputs = {}) {
      return (await client.call(executionEndpoints.run, { body: { pipelineIdentifier, ...scope, inputs } })).id
    },
    getExecution: (executionId) => client.call(executionEndpoints.get, { params: { executionId } }),
    async waitForExecution(executionId, { states = ['Succeeded', 'Failed', 'Cancelled', 'Unknown'], timeoutMs = 60_000 } = {}) {
      let last: ExecutionView | undefined
      return waitFor(
        async () => {
          // The server may be down for a while in a test that kills it.
          last = (await installation.getExecution(executionId).catch(() => undefined)) ?? last
          return last !== undefined && states.includes(last.state) ? last : undefined
        },
        {
          timeoutMs,
          what: () => `execution ${executionId} to be ${states.join(' or ')}; it is ${JSON.stringify(last, null, 1)}`,
        },
      )
    },
    async readLog(executionId, stream) {
      return (await logResponse(executionId, stream)).text()
    },
    async readWholeLog(executionId, stream) {
      // A step's result and the end of its log travel side by side: either may come first.
      const isWhole = async (): Promise<boolean> =>
        (await logResponse(executionId, stream)).headers.get('x-sluice-sealed') === 'true'
      await waitFor(isWhole, { timeoutMs: 30_000, what: `the log ${stream} to be whole` })
      return installation.readLog(executionId, stream)
    },
    async [Symbol.asyncDispose]() {
      await delegate?.killGroup('SIGKILL')
      await server?.killGroup('SIGKILL')
      killRunners(delegateDir)
      await database?.drop()
      await temp[Symbol.asyncDispose]()
    },
  }
  await installation.startServer()
  return installation
}

/** Runners are in sessions of their own and outlive their delegate on purpose; after a test they must not. */
function killRunners(delegateDir: string): void {
  for (const pid of runnerPids(delegateDir)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // Ended already.
    }
  }
}

/** Process ids of the runners of a delegate's folder, found by their environment. */
export function runnerPids(delegateDir: string): readonly number[] {
  const { readdirSync } = process.getBuiltinModule('node:fs')
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${String(pid)}/environ`, 'utf8').includes(`SLUICE_ATTEMPT_DIR=${delegateDir}`)
      } catch {
        // Ended, or somebody else's.
        return false
      }
    })
}

/** Aborted when a process ends: nothing needs to be waited for any more. */
function endOf(started: SpawnedProcess): AbortSignal {
  const ended = new AbortController()
  void started.exited.then(() => ended.abort(new Error(`The process ended:\n${started.output.slice(-3000)}`)))
  return ended.signal
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
