import { kubernetesInfra, stepContainer } from '@sluice/contract'
import { buildPod } from '../kubernetes/build-pod.ts'
import type { KubernetesPlan, PodDefaults } from '../kubernetes/kubernetes-plan.ts'
import type { Pod } from '../kubernetes/kube-types.ts'

const defaults: PodDefaults = {
  runnerImage: 'registry.example.com/sluice:1',
  imagePullSecrets: [],
  runnerCommand: ['node', 'runner.js'],
  environment: {},
  terminationGraceSeconds: 120,
  networkPolicy: false,
}

/** A plan of one attempt in mode `kubernetes`; `infra` and `containers` are what differs from the plainest. */
export function planOf(infra: object, containers: readonly object[] = [{}]): KubernetesPlan {
  return {
    namespace: 'jobs',
    taskId: 'tsk_1',
    executionId: 'exe_1',
    userNames: { project: 'default/shop', pipeline: 'deploy', group: 'group' },
    infra: kubernetesInfra.parse({
      type: 'kubernetes',
      connector: 'k8s',
      initTimeoutMs: 1000,
      pullSecrets: 'connectors',
      runner: {},
      ...infra,
    }),
    secretMode: 'kubernetes',
    containers: containers.map((container, index) =>
      stepContainer.parse({ id: `c${index + 1}`, image: 'busybox', stepRunIds: ['stp_1'], slots: [], ...container }),
    ),
    registries: [],
    runnerSlots: [],
    notAfterMs: 1000,
    task: {},
  }
}

/** The pod of such a plan. */
export function podOf(plan: KubernetesPlan): Pod {
  return buildPod(
    { attemptId: 'att_1', epoch: 1, attemptToken: '', relay: 'https://relay', relayPin: 'pin' },
    { delegateId: 'dlg_1', instanceId: 'dli_1' },
    plan,
    defaults,
    { name: 'sluice-1', uid: 'u' },
    { run: 'sluice-1-run', values: ['sluice-1-values-0'], pull: [] },
  )
}
