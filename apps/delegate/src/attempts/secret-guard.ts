import { readFile } from 'node:fs/promises'
import { AppError, type Diagnostic, canonicalTarget, formatDiagnostic, hasErrors, toAppError } from '@sluice/base'
import {
  type RegistryCredential,
  type SecretSlot,
  type SlotValue,
  type TaskSpec,
  type TaskStep,
  stepAudience,
} from '@sluice/contract'
import { judgePlan } from '@sluice/executor'
import type { SealingKeyPair } from '@sluice/sealing'
import {
  type DelegatePolicy,
  type SecretReference,
  type SecretUse,
  SecretsError,
  checkPolicy,
  createProviders,
  defaultPolicy,
  matchesGlob,
  parsePolicy,
  resolveSecrets,
} from '@sluice/secrets'
import type { Kubernetes } from '../kubernetes/open-kubernetes.ts'
import { planOfTask } from '../kubernetes/plan-of-task.ts'
import type { TaskGuard } from './task-guard.ts'

export interface SecretGuardOptions {
  readonly policy: DelegatePolicy
  readonly keyPairs: readonly SealingKeyPair[]
  /** The delegate's environment, for `env:` secrets. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The cluster, for what pods may have; undefined without one. */
  readonly kubernetes?: PodJudge | undefined
}

/** What judging a step group in a pod needs to know. */
export type PodJudge = Pick<Kubernetes, 'settings' | 'defaults' | 'allowance'>

/** The policy of a file, or the default one without a file. Throws `AppError('invalid', 'POLICY_INVALID')` with every problem. */
export async function loadPolicy(file: string | undefined): Promise<DelegatePolicy> {
  if (file === undefined) return defaultPolicy
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    // Never the default instead: an operator who wrote a policy relies on it.
    throw new AppError('invalid', 'POLICY_UNREADABLE', `The policy file "${file}" cannot be read.`, {
      hint: 'Correct SLUICE_DELEGATE_POLICY, or who may read the file.',
      cause,
    })
  }
  const { policy, diagnostics } = parsePolicy(text, { file })
  if (policy === undefined || hasErrors(diagnostics)) {
    throw new AppError('invalid', 'POLICY_INVALID', diagnostics.map(formatDiagnostic).join('\n'), { details: { diagnostics } })
  }
  return policy
}

/** The policy and the secrets of this delegate as a guard of its tasks. */
export function createSecretGuard({ policy, keyPairs, environment, kubernetes }: SecretGuardOptions): TaskGuard {
  const providers = createProviders({ policy, keyPairs, environment })
  return {
    judgeOffer: ({ scope }) => violations(policy, { scope }),

    judgeTask(task) {
      const { diagnostics, references } = bindSlots(task)
      return [
        ...diagnostics,
        ...violations(policy, {
          scope: task.scope,
          targets: task.steps.flatMap((step) => targetOf(step, []) ?? []),
          gitUrls: task.steps.flatMap((step) => (step.kind === 'database' ? [step.source.url] : [])),
          secrets: references,
          scripts: task.steps.flatMap((step) => (step.kind === 'run' ? step.path : [])),
          ...podRequest(task, kubernetes),
        }),
        ...podDiagnostics(task, kubernetes),
      ]
    },

    async resolve(task, signal) {
      const { references } = bindSlots(task)
      try {
        return { values: await resolveSecrets(references, providers, policy, { scope: task.scope, signal }), diagnostics: [] }
      } catch (error) {
        if (signal.aborted) throw error
        return { values: undefined, diagnostics: problemsOf(error) }
      }
    },
  }
}

/** What a pod asks of the policy. The default image and service account are the operator's own choice. */
function podRequest(task: TaskSpec, kubernetes: PodJudge | undefined): Partial<Parameters<typeof checkPolicy>[1]> {
  const { infra, containers } = task
  if (infra.type !== 'kubernetes' || kubernetes === undefined) return {}
  const images = [...(infra.runner.image === undefined ? [] : [infra.runner.image]), ...containers.map(({ image }) => image)]
  return {
    images,
    namespace: infra.namespace ?? kubernetes.settings.defaultNamespace,
    ...(infra.serviceAccountName === undefined ? {} : { serviceAccount: infra.serviceAccountName }),
  }
}

function podDiagnostics(task: TaskSpec, kubernetes: PodJudge | undefined): Diagnostic[] {
  if (task.infra.type !== 'kubernetes') return []
  if (kubernetes === undefined) {
    return [{ severity: 'error', code: 'EXECUTOR_MISSING', message: 'This delegate has no cluster to place the step group in.' }]
  }
  return judgePlan(planOfTask(task, kubernetes.settings), kubernetes.defaults, kubernetes.allowance, matchesGlob)
}

function violations(policy: DelegatePolicy, request: Parameters<typeof checkPolicy>[1]): Diagnostic[] {
  return checkPolicy(policy, request).map(({ message, hint }) => ({ severity: 'error', code: 'POLICY_VIOLATION', message, hint }))
}

function problemsOf(error: unknown): Diagnostic[] {
  if (error instanceof SecretsError) {
    return error.problems.map(({ code, message, hint }) => ({
      severity: 'error',
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
    }))
  }
  const { code, message } = toAppError(error)
  // Whatever else: only our own messages are known not to quote a value.
  return [{ severity: 'error', code, message: error instanceof AppError ? message : 'The secrets could not be resolved.' }]
}

interface SlotUse {
  readonly use: SecretUse
  readonly audience: string
}

/**
 * The secrets of a task with the audience that each will really be presented to, taken from the connections in the steps: a sealed
 * secret is released by its audience, so a text beside the connection must not decide it. Slots that no step uses are left out.
 */
export function bindSlots(task: TaskSpec): { references: readonly SecretReference[]; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = []
  const fail = (message: string): void => {
    diagnostics.push({
      severity: 'error',
      code: 'TASK_INCONSISTENT',
      message,
      hint: 'This is a fault of the control plane, or somebody changed the task.',
    })
  }
  const uses = new Map<string, SlotUse[]>()
  for (const step of task.steps) {
    for (const [slot, use] of usesOf(step, task, diagnostics)) {
      const known = uses.get(slot) ?? []
      if (!known.some((other) => other.use === use.use && other.audience === use.audience)) uses.set(slot, [...known, use])
    }
  }
  for (const registry of task.registries) {
    for (const [slot, use] of registryUses(registry, diagnostics)) {
      const known = uses.get(slot) ?? []
      if (!known.some((other) => other.use === use.use && other.audience === use.audience)) uses.set(slot, [...known, use])
    }
  }
  const references: SecretReference[] = []
  const declared = new Map(task.secrets.map((secret) => [secret.slot, secret]))
  for (const [slot, found] of uses) {
    const secret = declared.get(slot)
    const [use, second] = found
    if (secret === undefined) fail(`The task uses slot "${slot}" and does not say which secret it is.`)
    else if (second !== undefined)
      fail(`Slot "${slot}" of secret "${secret.secretId}" would be presented to more than one place.`)
    else if (use !== undefined && use.use !== secret.use)
      fail(`Slot "${slot}" of secret "${secret.secretId}" is for ${secret.use}, and a step uses it as ${use.use}.`)
    else if (use !== undefined) references.push({ ...referenceOf(secret), audience: use.audience })
  }
  for (const step of task.steps) {
    const target = targetOf(step, [])
    if (step.kind === 'database' && target !== undefined && target !== step.database.targetKey) {
      fail(`Step "${step.path}" connects to another database than the target it names.`)
    }
  }
  return { references, diagnostics }
}

function referenceOf({ slot, secretId, scope, version, type, source, use, audience }: SecretSlot): SecretReference {
  return { slot, secretId, scope, version, type, source, use, audience }
}

/** The credential's file is keyed by `url`: the host in it is what the kubelet will send it to. */
function registryUses(
  { host, url, username, password, config }: RegistryCredential,
  diagnostics: Diagnostic[],
): [string, SlotUse][] {
  const named = registryHost(url === '' ? host : url)
  if (named !== host.toLowerCase()) {
    const message = `A registry's credentials for "${host}" would be sent to "${named}".`
    diagnostics.push({ severity: 'error', code: 'TASK_INCONSISTENT', message })
  }
  return [username, password, config].flatMap((value): [string, SlotUse][] =>
    value?.kind === 'slot' ? [[value.slot, { use: 'registry', audience: named }]] : [],
  )
}

/** `host[:port]` of a registry's address; all of Docker Hub's are `docker.io`. */
function registryHost(url: string): string {
  const host = url
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/\/.*$/, '')
    .toLowerCase()
  return ['index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'].includes(host) ? 'docker.io' : host
}

function usesOf(step: TaskStep, task: TaskSpec, diagnostics: Diagnostic[]): [string, SlotUse][] {
  const found: [string, SlotUse][] = []
  const add = (value: SlotValue | undefined, use: SecretUse, audience: string): void => {
    if (value?.kind === 'slot') found.push([value.slot, { use, audience }])
  }
  if (step.kind !== 'database') {
    const audience = stepAudience(task.scope, task.pipelineIdentifier)
    return step.slots.map((slot) => [slot, { use: 'step', audience }])
  }
  const target = targetOf(step, diagnostics)
  if (target !== undefined) {
    add(step.database.username, 'databaseUser', target)
    add(step.database.password, 'databasePassword', target)
  }
  const { source } = step
  add(source.username, 'gitUser', source.url)
  add(source.password, 'gitPassword', source.url)
  add(source.sshKey, 'gitSshKey', source.url)
  return found
}

function targetOf(step: TaskStep, diagnostics: Diagnostic[]): string | undefined {
  if (step.kind !== 'database') return undefined
  try {
    return canonicalTarget(step.database.connectionUrl)
  } catch (error) {
    const { code, message } = toAppError(error)
    diagnostics.push({ severity: 'error', code, message: `Step "${step.path}": ${message}` })
    return undefined
  }
}
