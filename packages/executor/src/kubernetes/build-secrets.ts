import { AppError } from '@sluice/base'
import type { RegistryCredential, SlotValue } from '@sluice/contract'
import type { SlotValues } from '../executor.ts'
import { ownedMetadata } from './build-anchor.ts'
import type { KubernetesPlan, PodAttempt, PodOwner } from './kubernetes-plan.ts'
import type { ObjectMeta, Secret } from './kube-types.ts'
import { objectNames } from './object-names.ts'

/**
 * The most that one Secret may hold, in bytes before base64. Kubernetes refuses more than 1 MiB
 * (https://kubernetes.io/docs/concepts/configuration/secret/#restriction-data-size).
 */
const secretBytesMax = 900 * 1024

/** The Secrets of an attempt, in the order in which their names count. */
export interface BuiltSecrets {
  readonly run: Secret
  readonly values: readonly Secret[]
  readonly pull: readonly Secret[]
}

/**
 * Everything of an attempt that has to be a Secret: what the runner needs to begin (`run`), in mode `kubernetes` the values of its slots,
 * and the credentials of registries, which the kubelet takes in no other form. All are immutable and owned by the anchor. Throws
 * `AppError` for a slot without a value, and for what is too large.
 */
export function buildSecrets(
  attempt: PodAttempt,
  owner: PodOwner,
  plan: KubernetesPlan,
  anchor: ObjectMeta,
  content: { readonly values: SlotValues; readonly ticket?: string | undefined },
): BuiltSecrets {
  const names = objectNames(attempt.attemptId)
  const make = (name: string, type: string, data: Readonly<Record<string, string>>): Secret => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: ownedMetadata(name, attempt.attemptId, anchor, owner, plan),
    type,
    immutable: true,
    data,
  })
  const task = Buffer.from(JSON.stringify(plan.task), 'utf8')
  if (task.length > secretBytesMax) {
    throw new AppError(
      'limitExceeded',
      'TASK_TOO_LARGE',
      `The task has ${task.length} bytes; a Secret holds at most ${secretBytesMax}.`,
      {
        hint: 'Split the step group into smaller ones.',
      },
    )
  }
  return {
    run: make(names.run, 'Opaque', {
      'task.json': task.toString('base64'),
      token: encode(attempt.attemptToken),
      ...(content.ticket === undefined ? {} : { ticket: encode(content.ticket) }),
    }),
    values:
      plan.secretMode === 'runtime'
        ? []
        : splitValues(plan.runnerSlots, content.values).map((data, index) => make(names.values(index), 'Opaque', data)),
    pull: plan.registries.map((registry, index) => {
      const { type, key, text } = registrySecret(registry, content.values)
      return make(names.pull(index), type, { [key]: encode(text) })
    }),
  }
}

/** How many Secrets of values `buildSecrets` makes, at least one in mode `kubernetes`: the pod mounts them all at one place. */
function splitValues(slots: readonly string[], values: SlotValues): Record<string, string>[] {
  const parts: Record<string, string>[] = [{}]
  let bytes = 0
  for (const slot of slots) {
    const value = valueOf(slot, values)
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(slot) || slot.startsWith('..')) {
      throw new AppError('invalid', 'SLOT_NAME_INVALID', `The slot "${slot}" cannot be the name of a file.`)
    }
    if (bytes + value.length > secretBytesMax) {
      parts.push({})
      bytes = 0
    }
    const part = parts.at(-1)
    if (part !== undefined) part[slot] = Buffer.from(value).toString('base64')
    bytes += value.length + slot.length
  }
  return parts
}

interface RegistrySecret {
  readonly type: string
  readonly key: string
  readonly text: string
}

/**
 * The two forms that the kubelet reads (https://kubernetes.io/docs/concepts/configuration/secret/#docker-config-secrets). Throws
 * `AppError('invalid', 'REGISTRY_CONFIG_INVALID')` for a configuration file that is not one.
 */
export function registrySecret(registry: RegistryCredential, values: SlotValues): RegistrySecret {
  if (registry.form === 'dockerconfigjson') {
    const text = textOf(registry.config, values)
    if (!isDockerConfig(text)) {
      // The text is secret: neither it nor the parser's message is repeated.
      throw new AppError(
        'invalid',
        'REGISTRY_CONFIG_INVALID',
        `The configuration file of connector "${registry.connector}" is not a Docker configuration.`,
        { hint: 'It is JSON with an object "auths", as `docker login` writes it to ~/.docker/config.json.' },
      )
    }
    return { type: 'kubernetes.io/dockerconfigjson', key: '.dockerconfigjson', text }
  }
  const username = textOf(registry.username, values)
  const password = textOf(registry.password, values)
  const auth = encode(`${username}:${password}`)
  return {
    type: 'kubernetes.io/dockercfg',
    key: '.dockercfg',
    text: JSON.stringify({ [registryKey(registry)]: { username, password, auth } }),
  }
}

/** Docker Hub's credentials are keyed by the address of its first version, everywhere. */
function registryKey({ host, url }: RegistryCredential): string {
  return host === 'docker.io' ? 'https://index.docker.io/v1/' : url === '' ? host : url
}

function isDockerConfig(text: string): boolean {
  try {
    const config = JSON.parse(text) as { auths?: unknown } | null
    return typeof config?.auths === 'object' && config.auths !== null && !Array.isArray(config.auths)
  } catch {
    return false
  }
}

function textOf(value: SlotValue | undefined, values: SlotValues): string {
  if (value === undefined) return ''
  return value.kind === 'literal' ? value.text : Buffer.from(valueOf(value.slot, values)).toString('utf8')
}

function valueOf(slot: string, values: SlotValues): Uint8Array {
  const value = values.get(slot)
  if (value === undefined) throw new AppError('internal', 'SLOT_VALUE_MISSING', `There is no value for slot "${slot}".`)
  return value
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
