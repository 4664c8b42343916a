import type { Diagnostic } from '@sluice/base'
import { checkPodOverlay } from '@sluice/pipeline'
import { buildPod } from './build-pod.ts'
import { checkOverlay } from './check-overlay.ts'
import { podOverlayDiagnostics } from './check-pod-overlay.ts'
import type { Pod } from './kube-types.ts'
import type { KubernetesPlan, PodDefaults } from './kubernetes-plan.ts'
import type { PodAllowance } from './pod-allowance.ts'

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
  const { podSpecOverlay, ...infra } = plan.infra
  const without = samplePod({ ...plan, infra }, defaults)
  const found = podSpecOverlay === undefined ? [] : podOverlayDiagnostics(without, podSpecOverlay, allowance, matches)
  // What cannot be merged is in no pod that could be looked at.
  const isMerged = podSpecOverlay !== undefined && checkPodOverlay(podSpecOverlay).length === 0
  return [...found, ...checkOverlay(isMerged ? samplePod(plan, defaults) : without, plan, allowance, matches)]
}

function samplePod(plan: KubernetesPlan, defaults: PodDefaults): Pod {
  return buildPod(
    { attemptId: 'att_0', epoch: 0, attemptToken: '', relay: '', relayPin: '' },
    { delegateId: 'dlg_0', instanceId: 'dli_0' },
    plan,
    defaults,
    { name: 'sluice-0', uid: '' },
    { run: 'sluice-0-run', values: ['sluice-0-values-0'], pull: [] },
  )
}
