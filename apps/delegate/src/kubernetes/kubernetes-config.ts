import type { KeySecrets } from './restore-keys.ts'

/** How a delegate places step groups in a cluster. */
export interface KubernetesConfig {
  /** Namespaces for pods; the first is used where a step group names none. */
  readonly namespaces: readonly string[]
  /** A kubeconfig file; without one, the service account of the pod that the delegate runs in. */
  readonly kubeconfig: string | undefined
  /** Image of runners. */
  readonly image: string
  /** Secrets that pull it where no connector does. */
  readonly imagePullSecrets: readonly string[]
  readonly relay: {
    /** Where the relay listens for pods. */
    readonly host: string
    readonly port: number
    /** Where pods find it: `https://host:port`. */
    readonly url: string
  }
  readonly networkPolicy: boolean
  /** Where keys are kept beside the data folder; undefined keeps them there alone. */
  readonly keySecrets: KeySecrets | undefined
  /** Seconds between SIGTERM and SIGKILL of a pod. */
  readonly terminationGraceSeconds: number
}

export const kubernetesVariables = [
  'SLUICE_DELEGATE_NAMESPACES',
  'SLUICE_DELEGATE_IMAGE',
  'SLUICE_DELEGATE_IMAGE_PULL_SECRETS',
  'SLUICE_DELEGATE_RELAY_LISTEN',
  'SLUICE_DELEGATE_RELAY_URL',
  'SLUICE_DELEGATE_NETWORK_POLICY',
  'SLUICE_DELEGATE_POD_GRACE_SECONDS',
  'SLUICE_DELEGATE_KEY_SECRET',
  'SLUICE_DELEGATE_INSTANCE_SECRET',
] as const

type Problem = (variable: string, message: string, hint: string) => void

/** Undefined where the delegate has no cluster: no namespaces are set. All problems at once. */
export function readKubernetesConfig(
  value: (name: string) => string | undefined,
  problem: Problem,
): KubernetesConfig | undefined {
  const list = (name: string): string[] => (value(name) ?? '').split(',').flatMap((item) => item.trim() || [])
  const namespaces = list('SLUICE_DELEGATE_NAMESPACES')
  if (namespaces.length === 0) return undefined
  for (const namespace of namespaces) {
    if (isName(namespace)) continue
    const hint = 'Write them like jobs,jobs-eu: lower-case letters, digits and "-".'
    problem('SLUICE_DELEGATE_NAMESPACES', `"${namespace}" is no name of a namespace.`, hint)
  }
  const image = value('SLUICE_DELEGATE_IMAGE')
  if (image === undefined) {
    problem(
      'SLUICE_DELEGATE_IMAGE',
      'Pods need an image for their runner.',
      'Set it to the image of Sluice of the delegate’s version.',
    )
  }
  const imagePullSecrets = list('SLUICE_DELEGATE_IMAGE_PULL_SECRETS')
  const switched = value('SLUICE_DELEGATE_NETWORK_POLICY') ?? 'off'
  if (!['on', 'off'].includes(switched)) {
    problem('SLUICE_DELEGATE_NETWORK_POLICY', `"${switched}" is neither on nor off.`, 'Set it to on or off.')
  }
  const grace = Number(value('SLUICE_DELEGATE_POD_GRACE_SECONDS') ?? '120')
  if (!Number.isInteger(grace) || grace < 1 || grace > 3600) {
    problem(
      'SLUICE_DELEGATE_POD_GRACE_SECONDS',
      'The time is not a whole number from 1 to 3600.',
      'Set it in seconds, for example 120.',
    )
  }
  const keySecrets = readKeySecrets(value, problem)
  const relay = readRelay(value, problem)
  if (image === undefined || relay === undefined) return undefined
  return {
    namespaces,
    kubeconfig: value('SLUICE_KUBECONFIG'),
    image,
    imagePullSecrets,
    relay,
    networkPolicy: switched === 'on',
    keySecrets,
    terminationGraceSeconds: grace,
  }
}

function readKeySecrets(value: (name: string) => string | undefined, problem: Problem): KeySecrets | undefined {
  const delegate = value('SLUICE_DELEGATE_KEY_SECRET')
  const instance = value('SLUICE_DELEGATE_INSTANCE_SECRET')
  if (delegate !== undefined && instance !== undefined) return { delegate, instance }
  if (delegate === undefined && instance === undefined) return undefined
  const missing = delegate === undefined ? 'SLUICE_DELEGATE_KEY_SECRET' : 'SLUICE_DELEGATE_INSTANCE_SECRET'
  problem(missing, 'Keys are kept in two Secrets, and one of them has no name.', 'Name both, or neither.')
  return undefined
}

function readRelay(value: (name: string) => string | undefined, problem: Problem): KubernetesConfig['relay'] | undefined {
  const listen = value('SLUICE_DELEGATE_RELAY_LISTEN') ?? '0.0.0.0:8443'
  const match = /^(.+):(\d{1,5})$/.exec(listen)
  const port = Number(match?.[2])
  if (match === null || port > 65_535) {
    problem('SLUICE_DELEGATE_RELAY_LISTEN', `"${listen}" is no address to listen on.`, 'Write it like 0.0.0.0:8443.')
    return undefined
  }
  const text = value('SLUICE_DELEGATE_RELAY_URL')
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.protocol !== 'https:' || url.pathname !== '/') {
    const message =
      text === undefined ? 'Pods need to know where the relay of this delegate is.' : `"${text}" is no https origin.`
    problem(
      'SLUICE_DELEGATE_RELAY_URL',
      message,
      'Set it to where pods reach this delegate, for example https://sluice-delegate-0.sluice-delegate.sluice:8443.',
    )
    return undefined
  }
  return { host: (match[1] ?? '').replace(/^\[(.*)\]$/, '$1'), port, url: url.origin }
}

function isName(text: string): boolean {
  return /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(text)
}
