import { AppError } from '@sluice/base'
import type { AttemptPlan, Executor, SlotValues } from '../executor.ts'
import { orAbort } from '../or-abort.ts'
import { adoptPods } from './adopt-pods.ts'
import { buildAnchor } from './build-anchor.ts'
import { runnerContainer } from './build-pod.ts'
import { createObjects, isConflict } from './create-objects.ts'
import { explainRefusal } from './explain-refusal.ts'
import type { KubeClient, Patience } from './kube-client.ts'
import type { Lease } from './kube-types.ts'
import type { KubernetesPlan, PodOwner } from './kubernetes-plan.ts'
import { objectNames } from './object-names.ts'
import { type PlacedPod, createPlacedPod, settle } from './placed-pod.ts'
import { type KubernetesExecutorOptions, createPodRegistry } from './pod-registry.ts'
import { anchorsPath, deleteAnchor } from './sweep-anchors.ts'
import { createSweeper } from './sweeper.ts'

/** The most of a runner's own diagnostics that is read back; the node keeps them, within the kubelet's bounds. */
const tailBytesMax = 64 * 1024

/** The longest that the making of objects waits for an API server that is away. */
const patienceMsMax = 300_000

/** An executor whose places are pods. It keeps nothing on disk: what exists is in the cluster, and found there by labels. */
export interface KubernetesExecutor extends Executor {
  /** Ends the watching; pods go on. */
  close(): Promise<void>
}

/**
 * Runs every attempt in a pod of its own. An anchor (a Lease, made by `prepare`) owns all other objects, which `place` makes; all names follow
 * from the attempt's id. `place` returns when the pod exists: pulling and starting are watched afterwards, said through `onNotice`, and end
 * the attempt as `notStarted` when they take longer than its `initTimeout`.
 */
export function createKubernetesExecutor(options: KubernetesExecutorOptions): KubernetesExecutor {
  const { client, namespaces, tickets } = options
  const registry = createPodRegistry(options)
  const { known, clock, get, requireOwner, watchNamespace, describe, signal } = registry
  const sweeper = createSweeper(options, clock)

  return {
    kind: 'kubernetes',

    async prepare(plan) {
      const { attemptId, epoch } = plan
      const earlier = known.get(attemptId)
      if (earlier !== undefined) {
        if (earlier.epoch !== epoch) throw epochConflict(attemptId, earlier.epoch, epoch)
        return
      }
      const wanted = options.planOf(plan.task)
      if (!namespaces.includes(wanted.namespace)) throw foreignNamespace(wanted.namespace, namespaces)
      const { initTimeoutMs } = wanted.infra
      const patience = patienceFor(options, attemptId, initTimeoutMs)
      const anchor = await createAnchor(await client(), plan, wanted, requireOwner(), patience)
      const facts = { attemptId, epoch, namespace: wanted.namespace, anchorUid: anchor.metadata.uid ?? '', initTimeoutMs }
      known.set(attemptId, createPlacedPod({ ...facts, attemptToken: plan.attemptToken, plan: wanted }))
    },

    async place(attemptId, values) {
      const placed = get(attemptId)
      const { plan } = placed
      if (placed.phase !== 'prepared' || plan === undefined || placed.placedAt !== 0) {
        throw new AppError('conflict', 'ATTEMPT_PLACED', `The attempt "${attemptId}" was placed before.`, {
          hint: 'A runner is started once for an attempt, whatever became of it.',
        })
      }
      placed.placedAt = clock.monotonic()
      placed.phase = 'running'
      try {
        await watchNamespace(placed.namespace)
        await placePod(options, requireOwner(), placed, plan, values)
      } catch (error) {
        tickets.close(attemptId)
        settle(placed, { how: 'notStarted', exitCode: null, signal: null })
        throw error
      }
      return describe(placed)
    },

    async adopt() {
      const owner = options.owner()
      if (owner === undefined) return []
      const found = await adoptPods(await client(), namespaces, owner, clock)
      for (const placed of found) if (!known.has(placed.attemptId)) known.set(placed.attemptId, placed)
      for (const namespace of new Set(found.map((placed) => placed.namespace))) void watchNamespace(namespace).catch(() => {})
      return [...known.values()].map(describe)
    },

    inspect: async (attemptId) => describe(get(attemptId)),

    signal: async (attemptId, mode) => signal(get(attemptId), mode),

    async wait(attemptId, abort) {
      const placed = get(attemptId)
      if (placed.end !== undefined) return placed.end
      if (placed.phase === 'prepared') {
        throw new AppError('failedPrecondition', 'ATTEMPT_NOT_PLACED', `The attempt "${attemptId}" has no runner to wait for.`)
      }
      return orAbort(placed.ended.promise, abort)
    },

    async tail(attemptId, bytesMax) {
      const { podUid, namespace } = get(attemptId)
      if (podUid === undefined) return ''
      const path = `/api/v1/namespaces/${namespace}/pods/${objectNames(attemptId).pod}/log`
      const query = { container: runnerContainer, tailLines: 500 }
      // A pod that is gone has no log any more; one that has not started has none yet.
      return (await client()).readTail(path, query, Math.min(bytesMax, tailBytesMax)).catch(() => '')
    },

    tend: () => sweeper.tend(),

    async remove(attemptId) {
      const placed = known.get(attemptId)
      if (placed === undefined) return
      if (placed.phase === 'running') {
        throw new AppError('failedPrecondition', 'ATTEMPT_RUNNING', `The runner of attempt "${attemptId}" still runs.`)
      }
      tickets.close(attemptId)
      const { anchor } = objectNames(attemptId)
      await deleteAnchor(await client(), placed.namespace, anchor, placed.anchorUid)
      known.delete(attemptId)
    },

    async close() {
      registry.close()
      await sweeper.settled()
    },
  }
}

/** Makes the pod and what it needs. In mode `runtime` the values stay in this process, for one ticket. */
async function placePod(
  options: KubernetesExecutorOptions,
  owner: PodOwner,
  placed: PlacedPod,
  plan: KubernetesPlan,
  values: SlotValues,
): Promise<void> {
  const { attemptId, epoch, anchorUid, attemptToken, initTimeoutMs } = placed
  const relay = options.relay()
  const isRuntime = plan.secretMode === 'runtime'
  const pod = await createObjects({
    client: await options.client(),
    attempt: { attemptId, epoch, attemptToken, relay: relay.url, relayPin: relay.pin },
    owner,
    plan,
    defaults: options.defaults,
    anchor: { name: objectNames(attemptId).anchor, uid: anchorUid },
    relayAddress: relay.address,
    values,
    patience: patienceFor(options, attemptId, initTimeoutMs),
    ticket: isRuntime ? options.tickets.open(attemptId, pick(values, plan.runnerSlots), initTimeoutMs + 60_000) : undefined,
  })
  placed.podUid = pod.metadata.uid
  placed.pod ??= pod
}

/** An API server may be away for a while, as when it is upgraded: work waits for it, within the time that its start may take. */
function patienceFor({ onNotice }: KubernetesExecutorOptions, attemptId: string, initTimeoutMs: number): Patience {
  let said: string | undefined
  return {
    forMs: Math.min(initTimeoutMs, patienceMsMax),
    onTrouble({ message, hint }) {
      if (message !== said) onNotice(attemptId, { type: 'waiting', what: message, hint })
      said = message
    },
  }
}

/** Creates the anchor, or finds the one that an earlier call made. */
async function createAnchor(
  client: KubeClient,
  plan: AttemptPlan,
  wanted: KubernetesPlan,
  owner: PodOwner,
  patience: Patience,
): Promise<Lease> {
  const body = buildAnchor(plan, owner, wanted)
  const path = anchorsPath(wanted.namespace)
  try {
    return (await client.insist<Lease>('POST', path, { body, patience })).body
  } catch (error) {
    if (!isConflict(error)) throw explainRefusal(error, 'anchor of the attempt', wanted.namespace)
    const { body: there } = await client.insist<Lease>('GET', `${path}/${body.metadata.name ?? ''}`, { patience })
    const epoch = there.spec?.leaseTransitions ?? 0
    if (epoch === plan.epoch && there.spec?.holderIdentity === owner.instanceId) return there
    throw epochConflict(plan.attemptId, epoch, plan.epoch)
  }
}

function pick(values: SlotValues, slots: readonly string[]): SlotValues {
  return new Map(slots.flatMap((slot) => (values.has(slot) ? [[slot, values.get(slot) ?? new Uint8Array()] as const] : [])))
}

function epochConflict(attemptId: string, here: number, wanted: number): AppError {
  return new AppError('conflict', 'ATTEMPT_EPOCH', `The attempt "${attemptId}" is here with epoch ${here}, not ${wanted}.`)
}

function foreignNamespace(namespace: string, namespaces: readonly string[]): AppError {
  return new AppError('failedPrecondition', 'NAMESPACE_NOT_SERVED', `This delegate places no pods in namespace "${namespace}".`, {
    hint: `It serves ${namespaces.join(', ')}. Give it the documented Role in the other one and add it to SLUICE_DELEGATE_NAMESPACES.`,
  })
}
