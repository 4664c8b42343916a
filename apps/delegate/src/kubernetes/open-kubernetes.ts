import type { Clock, Logger, Timings } from '@sluice/base'
import type { TaskSpec } from '@sluice/contract'
import {
  type KubeClient,
  type KubernetesExecutor,
  type PlaceNotice,
  type PodAllowance,
  type PodDefaults,
  type PodRule,
  createKubeClient,
  createKubernetesExecutor,
  noAllowance,
  openKubeConnection,
} from '@sluice/executor'
import type { DelegatePolicy } from '@sluice/secrets'
import type { Enrolment } from '../identity.ts'
import type { RelayKey } from '../relay/relay-key.ts'
import { type SecretTickets, createSecretTickets } from '../relay/secret-tickets.ts'
import type { KubernetesConfig } from './kubernetes-config.ts'
import { type PermitLog, createPermitLog } from './permit-log.ts'
import { type PlanSettings, addressOf, planOfTask } from './plan-of-task.ts'

/** Everything of the delegate that is about its cluster. */
export interface Kubernetes {
  readonly config: KubernetesConfig
  readonly executor: KubernetesExecutor
  readonly tickets: SecretTickets
  readonly permits: PermitLog
  readonly relayKey: RelayKey
  readonly settings: PlanSettings
  readonly defaults: PodDefaults
  readonly allowance: PodAllowance
  close(): Promise<void>
}

export interface KubernetesOptions {
  readonly config: KubernetesConfig
  readonly policy: DelegatePolicy
  readonly relayKey: RelayKey
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Added to the environment of runners in pods. */
  readonly runnerEnvironment: Readonly<Record<string, string>>
  readonly enrolment: () => Enrolment | undefined
  readonly onNotice: (attemptId: string, notice: PlaceNotice) => void
  readonly timings: Timings
  readonly clock: Clock
  readonly logger: Logger
}

/** Puts the parts together; the cluster is asked nothing before the first attempt or adoption. */
export function openKubernetes(options: KubernetesOptions): Kubernetes {
  const { config, policy, relayKey, clock, logger, timings } = options
  let client: Promise<KubeClient> | undefined
  const openClient = (): Promise<KubeClient> => {
    client ??= openKubeConnection({ kubeconfig: config.kubeconfig, environment: options.environment }).then((connection) =>
      createKubeClient(connection, clock),
    )
    // A configuration that is mended is found at the next use.
    client.catch(() => {
      client = undefined
    })
    return client
  }
  const tickets = createSecretTickets(clock)
  // Calls reach this instance alone where pods know it by an address of its own, which is the rule.
  const permits = createPermitLog({ sharesRelay: false })
  const settings = { defaultNamespace: config.namespaces[0] ?? 'default', forceRuntime: policy.pods?.secretMode === 'runtime' }
  const defaults: PodDefaults = {
    runnerImage: config.image,
    imagePullSecrets: config.imagePullSecrets,
    runnerCommand: ['/usr/local/bin/node', '--disable-warning=ExperimentalWarning', '/opt/sluice/runner.js'],
    environment: options.runnerEnvironment,
    terminationGraceSeconds: config.terminationGraceSeconds,
    networkPolicy: config.networkPolicy,
  }
  const relayUrl = new URL(config.relay.url)
  const executor = createKubernetesExecutor({
    client: openClient,
    owner: () => {
      const enrolment = options.enrolment()
      return enrolment === undefined ? undefined : { delegateId: enrolment.delegateId, instanceId: enrolment.instanceId }
    },
    namespaces: config.namespaces,
    defaults,
    relay: () => ({
      url: config.relay.url,
      pin: relayKey.pin,
      address: addressOf(relayUrl.hostname, relayUrl.port === '' ? 443 : Number(relayUrl.port)),
    }),
    planOf: (task) => planOfTask(task as TaskSpec, settings),
    tickets,
    permits,
    onNotice: options.onNotice,
    logger,
    clock,
    sweepSlackMs: timings.sweepSlackMs,
    sweepEveryMs: Math.max(timings.sweepEveryMs, timings.leaseMs),
  })
  return {
    config,
    executor: {
      ...executor,
      async place(attemptId, values) {
        // Before the runner can ask for anything.
        permits.placed(attemptId)
        return executor.place(attemptId, values)
      },
      async remove(attemptId) {
        await executor.remove(attemptId)
        permits.forget(attemptId)
      },
    },
    tickets,
    permits,
    relayKey,
    settings,
    defaults,
    allowance: allowanceOf(policy),
    async close() {
      await executor.close()
      const opened = await client?.catch(() => undefined)
      opened?.close()
    },
  }
}

function allowanceOf({ pods }: DelegatePolicy): PodAllowance {
  if (pods === undefined) return noAllowance
  // The policy's parser has let through no other names.
  return { rules: pods.allow as readonly PodRule[], hostPaths: pods.hostPaths, secrets: pods.secrets }
}
