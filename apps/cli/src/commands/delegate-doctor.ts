import { AppError, toAppError } from '@sluice/base'
import { createKubeClient, type KubeClient, openKubeConnection } from '@sluice/executor'
import type { CommandContext } from '../command-context.ts'
import { checkPod } from './delegate-doctor-pod.ts'
import { checkJobNamespace, checkOwnNamespace } from './delegate-doctor-rights.ts'
import { type Check, reportChecks } from './doctor.ts'

/** Options of `sluice delegate doctor`; what is not given comes from the delegate's own variables. */
export interface DelegateDoctorOptions {
  readonly namespaces?: string
  readonly kubeconfig?: string
  readonly image?: string
  readonly relayUrl?: string
  readonly pod: boolean
  /** Seconds. */
  readonly timeout: number
}

/** What a delegate is told about its cluster (`docs/env.md`), as much as is checked. */
export interface DoctorSettings {
  readonly namespaces: readonly string[]
  readonly image: string | undefined
  readonly imagePullSecrets: readonly string[]
  readonly relayUrl: string | undefined
  readonly networkPolicy: boolean
  readonly keySecrets: readonly string[]
  /** The delegate's data folder, for its relay's key. */
  readonly dir: string | undefined
  readonly podTimeoutMs: number
}

/**
 * `sluice delegate doctor`: tries what a delegate does in its cluster, with the delegate's own credentials, and says what to fix. Leaves
 * nothing behind.
 */
export async function delegateDoctor(context: CommandContext, options: DelegateDoctorOptions): Promise<number> {
  const { env } = context
  const settings = readSettings(env, options)
  const kubeconfig = options.kubeconfig ?? env['SLUICE_KUBECONFIG']
  const checks: Check[] = []
  let client: KubeClient | undefined
  try {
    client = createKubeClient(await openKubeConnection({ kubeconfig, environment: env }))
    const { body } = await client.call<{ gitVersion: string }>('GET', '/version', { signal: context.signal })
    checks.push({ name: 'cluster', ok: true, detail: `${client.origin}, Kubernetes ${body.gitVersion}` })
    checks.push(...(await checkCluster(client, settings, options.pod, context.signal)))
  } catch (thrown) {
    context.signal.throwIfAborted()
    checks.push(failedCheck('cluster', thrown))
  } finally {
    client?.close()
  }
  return reportChecks(context, checks)
}

async function checkCluster(
  client: KubeClient,
  settings: DoctorSettings,
  withPod: boolean,
  signal: AbortSignal,
): Promise<Check[]> {
  const own = client.namespace
  const checks: Check[] = []
  if (own !== undefined) checks.push(...(await checkOwnNamespace(client, own, settings, signal)))
  for (const namespace of settings.namespaces) {
    const found = await checkJobNamespace(client, namespace, settings, signal)
    checks.push(...found)
    const isReady = found.every(({ ok }) => ok)
    if (!withPod) continue
    if (isReady) checks.push(...(await checkPod(client, namespace, settings, signal)))
    else checks.push({ name: `pod in ${namespace}`, ok: false, detail: 'not tried', hint: 'Mend what is above first.' })
  }
  return checks
}

/** A failure of ours or of the cluster as a check that failed. */
export function failedCheck(name: string, thrown: unknown): Check {
  const { message, hint } = toAppError(thrown)
  return { name, ok: false, detail: message, ...(hint === undefined ? {} : { hint }) }
}

function readSettings(env: NodeJS.ProcessEnv, options: DelegateDoctorOptions): DoctorSettings {
  const list = (text: string | undefined): string[] => (text ?? '').split(',').flatMap((item) => item.trim() || [])
  const namespaces = list(options.namespaces ?? env['SLUICE_DELEGATE_NAMESPACES'])
  if (namespaces.length === 0) {
    throw new AppError('invalid', 'DOCTOR_NO_NAMESPACE', 'There is no namespace for step groups to look at.', {
      hint: 'Give --namespaces, or run this where the delegate runs, with its SLUICE_DELEGATE_NAMESPACES.',
    })
  }
  return {
    namespaces,
    image: options.image ?? env['SLUICE_DELEGATE_IMAGE'],
    imagePullSecrets: list(env['SLUICE_DELEGATE_IMAGE_PULL_SECRETS']),
    relayUrl: options.relayUrl ?? env['SLUICE_DELEGATE_RELAY_URL'],
    networkPolicy: env['SLUICE_DELEGATE_NETWORK_POLICY'] === 'on',
    keySecrets: ['SLUICE_DELEGATE_KEY_SECRET', 'SLUICE_DELEGATE_INSTANCE_SECRET'].flatMap((name) => env[name] ?? []),
    dir: env['SLUICE_DELEGATE_DIR'],
    podTimeoutMs: options.timeout * 1000,
  }
}
