import { createKubeClient, type KubeClient, openKubeConnection } from '@sluice/executor'
import type { CommandContext } from '../command-context.ts'
import { checkPod } from './delegate-doctor-pod.ts'
import { checkJobNamespace, checkOwnNamespace } from './delegate-doctor-rights.ts'
import { type DelegateDoctorOptions, type DoctorSettings, failedCheck, readDoctorSettings } from './delegate-doctor-settings.ts'
import { type Check, reportChecks } from './doctor.ts'

/**
 * `sluice delegate doctor`: tries what a delegate does in its cluster, with the delegate's own credentials, and says what to fix. Leaves
 * nothing behind.
 */
export async function delegateDoctor(context: CommandContext, options: DelegateDoctorOptions): Promise<number> {
  const { env } = context
  const settings = readDoctorSettings(env, options)
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
