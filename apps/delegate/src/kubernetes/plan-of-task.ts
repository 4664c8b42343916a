import { isIP } from 'node:net'
import { AppError } from '@sluice/base'
import type { TaskSpec } from '@sluice/contract'
import type { KubernetesPlan, NetworkAddress } from '@sluice/executor'

export interface PlanSettings {
  readonly defaultNamespace: string
  /** Whether this delegate keeps every value out of the cluster's store. */
  readonly forceRuntime: boolean
}

/** What a pod is made from for a task. Throws `AppError('invalid', 'TASK_NOT_KUBERNETES')` for a task of another kind. */
export function planOfTask(task: TaskSpec, { defaultNamespace, forceRuntime }: PlanSettings): KubernetesPlan {
  const { infra } = task
  if (infra.type !== 'kubernetes') {
    throw new AppError('invalid', 'TASK_NOT_KUBERNETES', `The task of "${task.groupPath}" is not one for a cluster.`)
  }
  const secretMode = forceRuntime ? 'runtime' : task.secretMode
  return {
    namespace: infra.namespace ?? defaultNamespace,
    taskId: task.taskId,
    executionId: task.executionId,
    userNames: {
      project: `${task.scope.org}/${task.scope.project}`,
      pipeline: task.pipelineIdentifier,
      group: task.groupPath,
    },
    infra,
    secretMode,
    containers: task.containers,
    registries: infra.pullSecrets === 'connectors' ? task.registries : [],
    runnerSlots: task.secrets.filter(({ use }) => use !== 'registry').map(({ slot }) => slot),
    notAfterMs: task.notAfterMs,
    task: taskFile(task, secretMode),
    reaches: task.steps.flatMap(reachedBy),
  }
}

/** The task as the runner reads it: where values came from is not its business, and sealed records are large. */
function taskFile(task: TaskSpec, secretMode: TaskSpec['secretMode']): TaskSpec {
  return {
    ...task,
    secretMode,
    registries: [],
    secrets: task.secrets
      .filter(({ use }) => use !== 'registry')
      .map((secret) => ({ ...secret, source: { kind: 'sealed' as const, record: {} } })),
  }
}

function reachedBy(step: TaskSpec['steps'][number]): NetworkAddress[] {
  // A script may go anywhere: its author says where in policies of the namespace.
  if (step.kind === 'run') return [{ cidr: '0.0.0.0/0' }]
  const target = /^[a-z0-9+]+:\/\/(.+):(\d+)\//.exec(step.database.targetKey)
  const git = gitAddress(step.source.url)
  return [...(target === null ? [] : [addressOf(target[1] ?? '', Number(target[2]))]), ...git]
}

function gitAddress(url: string): NetworkAddress[] {
  const scp = /^[^/@]+@([^:/]+):/.exec(url)
  if (scp?.[1] !== undefined) return [addressOf(scp[1], 22)]
  if (!URL.canParse(url)) return []
  const { protocol, hostname, port } = new URL(url)
  const standard = { 'https:': 443, 'http:': 80, 'ssh:': 22, 'git:': 9418 }[protocol]
  return standard === undefined ? [] : [addressOf(hostname, port === '' ? standard : Number(port))]
}

/** Policies know addresses only; a name is allowed by its port. */
export function addressOf(host: string, port: number): NetworkAddress {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  const version = isIP(bare)
  return { cidr: version === 0 ? '0.0.0.0/0' : `${bare}/${version === 4 ? 32 : 128}`, port }
}
