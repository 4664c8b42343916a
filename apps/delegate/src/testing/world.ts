import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Logger, createId } from '@sluice/base'
import type { SecretSlot, TaskSpec } from '@sluice/contract'
import { identifyProcess } from '@sluice/executor'
import { readConfig } from '../config.ts'
import { type Delegate, type DelegateDeps, createDelegate } from '../create-delegate.ts'
import { createLogMasks } from '../log-masks.ts'
import { createLogger } from '../logging.ts'
import { type FakeServer, openFakeServer } from './fake-server.ts'

const entryOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** A control plane, a data folder and delegates on it, in this process or their own. */
export interface World {
  readonly server: FakeServer
  readonly dir: string
  /** Every line that delegates of this world logged. */
  readonly logs: string[]
  environment(more?: Record<string, string>): Record<string, string>
  delegate(more?: Record<string, string>, deps?: Partial<DelegateDeps>): Delegate
  /** Starts a delegate and has it stopped at the end. */
  start(more?: Record<string, string>, deps?: Partial<DelegateDeps>): Promise<Delegate>
  spawn(more?: Record<string, string>): { child: ChildProcess; exit: Promise<number | NodeJS.Signals | null> }
  attemptDir(attemptId: string): string
  runnerPid(attemptId: string): number
  close(): Promise<void>
}

export async function openWorld(): Promise<World> {
  const server = await openFakeServer()
  const dir = mkdtempSync(join(tmpdir(), 'sluice-delegate-'))
  const delegates: Delegate[] = []
  const children: ChildProcess[] = []
  const logs: string[] = []
  const attemptDir = (attemptId: string): string => join(dir, 'attempts', attemptId)
  const runnerPid = (attemptId: string): number =>
    (JSON.parse(readFileSync(join(attemptDir(attemptId), 'attempt.json'), 'utf8')) as { process: { pid: number } }).process.pid

  const world: World = {
    server,
    dir,
    logs,
    environment: (more = {}) => ({
      PATH: process.env['PATH'] ?? '',
      SLUICE_SERVER_URL: server.url,
      SLUICE_DELEGATE_TOKEN: 'enrol-me',
      SLUICE_DELEGATE_NAME: 'tester',
      SLUICE_DELEGATE_DIR: dir,
      SLUICE_RUNNER_ENTRY: entryOf('fake-runner.ts'),
      SLUICE_TIME_SCALE: '50',
      SLUICE_LOG_LEVEL: 'debug',
      ...more,
    }),
    delegate(more, deps = {}) {
      const environment = world.environment(more)
      const { config, diagnostics } = readConfig(environment, { cwd: dir, runnerEntry: '' })
      if (config === undefined) throw new Error(JSON.stringify(diagnostics))
      const masks = deps.masks ?? createLogMasks()
      const logger: Logger = createLogger('debug', masks, (line) => {
        logs.push(line)
      })
      const delegate = createDelegate(config, { logger, masks, environment, ...deps })
      delegates.push(delegate)
      return delegate
    },
    async start(more, deps) {
      const delegate = world.delegate(more, deps)
      await delegate.start()
      return delegate
    },
    spawn(more) {
      const child = spawn(process.execPath, [entryOf('delegate-process.ts')], {
        env: world.environment(more),
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          logs.push(chunk.toString())
        })
      }
      children.push(child)
      return {
        child,
        exit: new Promise((resolve) => {
          child.once('exit', (code, signal) => {
            resolve(signal ?? code)
          })
        }),
      }
    },
    attemptDir,
    runnerPid,
    async close() {
      for (const delegate of delegates) await delegate.stop()
      for (const child of children) child.kill('SIGKILL')
      // Runners outlive their delegates; only those whose record lies in this world's folder are ended.
      for (const attemptId of readNames(join(dir, 'attempts'))) {
        try {
          const pid = runnerPid(attemptId)
          if (identifyProcess(pid) !== undefined) process.kill(-pid, 'SIGKILL')
        } catch {
          // It has ended, or never began.
        }
      }
      await server.close()
      rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
    },
  }
  return world
}

function readNames(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

/** A task for one step; `behaviour` goes to the fake runner. */
export function fakeTask(behaviour: object = {}, more: Partial<TaskSpec> = {}): TaskSpec {
  const secrets = more.secrets ?? []
  const password = secrets.find(({ use }) => use === 'databasePassword')
  return {
    protocol: 1,
    kind: 'stepGroup',
    attemptId: createId('att'),
    taskId: createId('tsk'),
    epoch: 1,
    executionId: createId('exe'),
    scope: { org: 'default', project: 'default' },
    pipelineIdentifier: 'deploy',
    groupPath: JSON.stringify(behaviour),
    infra: { type: 'process' },
    secretMode: 'runtime',
    steps: [
      {
        kind: 'database',
        stepRunId: 'stp_1',
        path: 'stage/group/step',
        type: 'DBSchemaApply',
        timeoutMs: 60_000,
        database: {
          dbSchema: 'shop',
          dbInstance: 'dev',
          connector: 'db',
          migrationType: 'Liquibase',
          connectionUrl: 'jdbc:postgresql://db.example.com:5432/shop',
          targetKey: 'postgresql://db.example.com:5432/shop',
          ...(password === undefined ? {} : { password: { kind: 'slot', slot: password.slot } }),
          properties: {},
        },
        source: {
          type: 'git',
          url: 'https://git.example.com/shop.git',
          revision: { kind: 'branch', name: 'main' },
          location: 'changelog.yaml',
          sourceKey: 'k',
        },
      },
    ],
    notAfterMs: 600_000,
    logBytesMax: 1024 * 1024,
    containers: [],
    registries: [],
    ...more,
    secrets,
  }
}

/** A database password from the delegate's environment. */
export function envSecret(variable: string, more: Partial<SecretSlot> = {}): SecretSlot {
  return {
    slot: 's1',
    secretId: 'db_password',
    scope: {},
    version: 1,
    type: 'SecretText',
    source: { kind: 'env', variable },
    use: 'databasePassword',
    audience: 'postgresql://db.example.com:5432/shop',
    ...more,
  }
}
