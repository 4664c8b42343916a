import type { Diagnostic } from '@sluice/base'
import { buildPod } from './build-pod.ts'
import { type PodAllowance, checkOverlay } from './check-overlay.ts'
import type { KubernetesPlan, PodDefaults } from './kubernetes-plan.ts'

/**
 * Everything that a plan asks for and this delegate does not give, before anything is resolved or made: the pod is built as it would be sent
 * and checked. Empty when it may be placed.
 */
export function judgePlan(
  plan: KubernetesPlan,
  defaults: PodDefaults,
  allowance: PodAllowance,
  matches: (pattern: string, name: string) => boolean,
): Diagnostic[] {
  const pod = buildPod(
    { attemptId: 'att_0', epoch: 0, attemptToken: '', relay: '', relayPin: '' },
    { delegateId: 'dlg_0', instanceId: 'dli_0' },
    plan,
    defaults,
    { name: 'sluice-0', uid: '' },
    { run: 'sluice-0-run', values: ['sluice-0-values-0'], pull: [] },
  )
  return checkOverlay(pod, plan, allowance, matches)
}
