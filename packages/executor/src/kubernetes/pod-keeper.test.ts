import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { silentLogger, systemClock } from '@sluice/base'
import type { PlaceNotice } from '../executor.ts'
import type { Pod } from './kube-types.ts'
import { type PlacedPod, createPlacedPod } from './placed-pod.ts'
import { type PodKeeper, createPodKeeper } from './pod-keeper.ts'

const runningPod = (more: Partial<Pod['metadata']> = {}, status: Partial<NonNullable<Pod['status']>> = {}): Pod => ({
  metadata: { namespace: 'jobs', name: 'sluice-1', uid: 'u1', ...more },
  spec: { containers: [{ name: 'runner', image: 'sluice:1' }] },
  status: { phase: 'Running', containerStatuses: [{ name: 'runner', state: { running: {} } }], ...status },
})
const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' }
const killed = { containerStatuses: [{ name: 'runner', state: { terminated: { exitCode: 143, reason: 'Error' } } }] } as Partial<
  NonNullable<Pod['status']>
>

function open(): { readonly keeper: PodKeeper; readonly placed: PlacedPod; readonly notices: PlaceNotice[] } {
  const notices: PlaceNotice[] = []
  const keeper = createPodKeeper({
    // No cluster: what it is asked for besides is left out.
    client: () => Promise.reject(new Error('no cluster')),
    clock: systemClock,
    logger: silentLogger,
    times: { hiccupMs: 1000, asideMs: 1000, lookEveryMs: 1000, vanishMs: 1000 },
    onNotice: (_, notice) => void notices.push(notice),
    stopRunner: () => Promise.resolve(),
  })
  const facts = { attemptId: 'a1', epoch: 1, namespace: 'jobs', anchorUid: 'x', attemptToken: '', plan: undefined }
  return { keeper, placed: createPlacedPod({ ...facts, initTimeoutMs: 60_000 }), notices }
}

describe('the keeper of a pod', () => {
  it('says once that somebody deletes the pod of a runner, and by what mechanism where the cluster knows', () => {
    const { keeper, placed, notices } = open()
    keeper.see(placed, runningPod(), 'present')
    deepEqual(notices, [])
    keeper.see(placed, runningPod(deleted), 'present')
    keeper.see(placed, runningPod(deleted), 'present')
    equal(notices.length, 1)
    match(JSON.stringify(notices[0]), /Pod \\"jobs\/sluice-1\\" is being deleted while its runner runs\./)
    const reason = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    }
    const evicted = open()
    evicted.keeper.see(evicted.placed, runningPod(deleted, { conditions: [reason] }), 'present')
    match(JSON.stringify(evicted.notices), /being deleted.*EvictionByEvictionAPI: Eviction API: evicting/)
  })

  it('explains the end of a runner by its pod’s deletion', async () => {
    const { keeper, placed } = open()
    keeper.see(placed, runningPod(), 'present')
    keeper.see(placed, runningPod(deleted, killed), 'present')
    const end = await placed.ended.promise
    deepEqual([end.how, end.signal], ['killed', 'SIGTERM'])
    match(end.detail ?? '', /"jobs\/sluice-1" was deleted while its runner ran/)
  })

  it('says nothing of a pod that this delegate deletes itself', async () => {
    const { keeper, placed, notices } = open()
    keeper.see(placed, runningPod(), 'present')
    placed.signaled = true
    keeper.see(placed, runningPod(deleted), 'present')
    keeper.see(placed, runningPod(deleted, killed), 'present')
    equal((await placed.ended.promise).detail, undefined)
    deepEqual(notices, [])
  })
})
