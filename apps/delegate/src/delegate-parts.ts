import { type Clock, type Logger, createId, systemClock } from '@sluice/base'
import type { TaskSpec } from '@sluice/contract'
import {
  type Executor,
  createKubeClient,
  createProcessExecutor,
  createRoutingExecutor,
  makeFolder,
  openKubeConnection,
} from '@sluice/executor'
import type { DelegatePolicy } from '@sluice/secrets'
import { type Attempts, createAttempts } from './attempts/attempts.ts'
import { type UptimeClock, systemUptime } from './attempts/deadline.ts'
import { createJournal } from './attempts/journal.ts'
import { createSecretGuard, loadPolicy } from './attempts/secret-guard.ts'
import type { TaskGuard } from './attempts/task-guard.ts'
import type { DelegateConfig } from './config.ts'
import { dataPaths } from './data-folder.ts'
import type { DrainState } from './drain-state.ts'
import { openIdentity } from './identity.ts'
import type { KubernetesConfig } from './kubernetes/kubernetes-config.ts'
import { type Kubernetes, openKubernetes } from './kubernetes/open-kubernetes.ts'
import { type KeySecrets, restoreKeys } from './kubernetes/restore-keys.ts'
import type { LogMasks } from './log-masks.ts'
import { type Metrics, createMetrics } from './metrics.ts'
import { openRelayKey } from './relay/relay-key.ts'
import { type Relay, createRelay } from './relay/relay.ts'
import type { Waiting } from './retry.ts'
import { type Session, createSession } from './session.ts'
import { type Upstream, createUpstream } from './upstream.ts'

/** What a delegate is given besides its configuration; tests replace parts of it. */
export interface DelegateDeps {
  readonly logger: Logger
  readonly masks: LogMasks
  /** For `env:` secrets. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock?: Clock | undefined
  readonly uptime?: UptimeClock | undefined
  readonly executor?: Executor | undefined
  readonly guard?: TaskGuard | undefined
  readonly random?: (() => number) | undefined
  /** Told at named points of an attempt's life. */
  readonly at?: ((point: string) => void) | undefined
}

/** What every part works with. */
export interface DelegateContext {
  readonly config: DelegateConfig
  readonly deps: DelegateDeps
  readonly bootId: string
  readonly waiting: Waiting
  readonly metrics: Metrics
  readonly drain: DrainState
  /** Ends everything that this process does for attempts. */
  readonly stop: AbortSignal
}

/** The parts of a running delegate. */
export interface DelegateParts {
  readonly upstream: Upstream
  readonly session: Session
  readonly attempts: Attempts
  readonly relay: Relay
  /** Undefined without a cluster. */
  readonly kubernetes: Kubernetes | undefined
}

export function createContext(config: DelegateConfig, deps: DelegateDeps, stop: AbortSignal): DelegateContext {
  const { timings } = config
  return {
    config,
    deps,
    bootId: createId('boot'),
    waiting: { clock: deps.clock ?? systemClock, timings, random: deps.random },
    metrics: createMetrics(),
    drain: { byServer: false, byUs: false },
    stop,
  }
}

/** Reads what is on disk and puts the parts together; nothing is sent, started or listened to yet. Throws `AppError`. */
export async function assembleParts(context: DelegateContext): Promise<DelegateParts> {
  const { config, deps, waiting, metrics } = context
  const { logger } = deps
  const paths = dataPaths(config.dir)
  for (const folder of [paths.attempts, paths.cache]) await makeFolder(folder)
  const policy = await loadPolicy(config.policyFile)
  if (config.kubernetes?.keySecrets !== undefined) await fetchKeys(config.kubernetes, config.kubernetes.keySecrets, deps, paths)
  const identity = await openIdentity(paths.identity)
  const upstream = createUpstream(config)
  const session = createSession({ config, identity, upstream, waiting, logger })
  const capacity = Math.min(config.capacity, policy.maxAttempts ?? config.capacity)
  metrics.set('capacity', capacity)
  const kubernetes =
    config.kubernetes === undefined
      ? undefined
      : openKubernetes({
          config: config.kubernetes,
          policy,
          relayKey: await openRelayKey(paths.relayKey),
          environment: deps.environment,
          runnerEnvironment: { ...podEnvironment(config), ...grants(policy) },
          enrolment: () => session.identity.enrolment,
          onNotice: (attemptId, notice) => {
            attempts.notice(attemptId, notice)
          },
          timings: config.timings,
          clock: waiting.clock,
          logger,
        })
  const attempts: Attempts = createAttempts({
    ...context,
    logger,
    masks: deps.masks,
    executor: deps.executor ?? createExecutor(config, grants(policy), kubernetes),
    permits: kubernetes?.permits,
    guard:
      deps.guard ?? createSecretGuard({ policy, keyPairs: [identity.sealKeyPair], environment: deps.environment, kubernetes }),
    journal: createJournal(paths.journal),
    session,
    uptime: deps.uptime ?? systemUptime,
    capacity,
    relay: `unix:${config.relaySocket}`,
    attemptsDir: paths.attempts,
    at: deps.at ?? (() => {}),
  })
  const relay = createRelay({
    socketPath: config.relaySocket,
    upstream,
    isKnown: (attemptId) => attempts.isKnown(attemptId),
    onCompleted: (attemptId) => {
      attempts.completed(attemptId)
    },
    metrics,
    logger,
    timings: config.timings,
    ...(kubernetes === undefined ? {} : { pods: podListener(kubernetes) }),
  })
  return { upstream, session, attempts, relay, kubernetes }
}

async function fetchKeys(
  { kubeconfig }: KubernetesConfig,
  names: KeySecrets,
  { environment }: DelegateDeps,
  paths: { readonly identity: string; readonly relayKey: string },
): Promise<void> {
  const client = createKubeClient(await openKubeConnection({ kubeconfig, environment }))
  try {
    await restoreKeys(client, client.namespace ?? 'default', names, paths)
  } finally {
    client.close()
  }
}

function podListener({ config, relayKey, tickets, permits }: Kubernetes): NonNullable<Parameters<typeof createRelay>[0]['pods']> {
  const { host, port } = config.relay
  return { host, port, key: relayKey, tickets, asksPermit: (attemptId) => permits.asks(attemptId) }
}

/** Runners in pods get what says how to get out, but no paths of this machine. */
function podEnvironment({ runnerEnvironment }: DelegateConfig): Record<string, string> {
  const names = ['TZ', 'SLUICE_TIME_SCALE', 'HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy']
  return Object.fromEntries(Object.entries(runnerEnvironment).filter(([name]) => names.includes(name)))
}

/** What the policy allows the runners of its delegate: changelogs are scripts too. */
function grants({ allowScripts }: DelegatePolicy): Readonly<Record<string, string>> {
  return allowScripts ? { SLUICE_ALLOW_COMMANDS: '1' } : {}
}

function createExecutor(
  config: DelegateConfig,
  granted: Readonly<Record<string, string>>,
  kubernetes: Kubernetes | undefined,
): Executor {
  const processes = createRunnerExecutor(config, granted)
  if (kubernetes === undefined) return processes
  return createRoutingExecutor([processes, kubernetes.executor], (task) => (task as TaskSpec).infra.type)
}

function createRunnerExecutor(config: DelegateConfig, granted: Readonly<Record<string, string>>): Executor {
  const paths = dataPaths(config.dir)
  return createProcessExecutor({
    dir: paths.attempts,
    runnerEntry: config.runnerEntry,
    nodeArguments: ['--disable-warning=ExperimentalWarning'],
    environment: { ...config.runnerEnvironment, ...granted, NODE_COMPILE_CACHE: paths.cache },
  })
}
