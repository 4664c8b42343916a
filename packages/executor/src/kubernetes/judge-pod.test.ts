import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { judgeGonePod, judgePod, mayHaveStarted, withPullAnswer } from './judge-pod.ts'
import type { ContainerState, Pod } from './kube-types.ts'

type Status = NonNullable<Pod['status']>
type Statuses = NonNullable<Status['containerStatuses']>

const podWith = (status: Status, limits?: Record<string, string>): Pod => ({
  metadata: { namespace: 'jobs', name: 'sluice-1' },
  spec: {
    containers: [
      { name: 'runner', image: 'sluice:1', ...(limits === undefined ? {} : { resources: { limits } }) },
      { name: 'c1', image: 'tools:2', ...(limits === undefined ? {} : { resources: { limits } }) },
    ],
  },
  status,
})
const pod = (runner: ContainerState, step?: ContainerState, more: Partial<Status> = {}): Pod =>
  podWith(
    {
      phase: 'Running',
      containerStatuses: [
        { name: 'runner', state: runner },
        ...(step === undefined ? [] : [{ name: 'c1', state: step }]),
      ] as Statuses,
      ...more,
    },
    { memory: '96Mi' },
  )
const running: ContainerState = { running: {} }
const ended = (exitCode: number, reason = 'Error', signal?: number): ContainerState => ({
  terminated: { exitCode, reason, ...(signal === undefined ? {} : { signal }) },
})
const waiting = (reason: string, message = ''): ContainerState => ({ waiting: { reason, message } })

describe('judging a pod', () => {
  it('takes a runner’s exit for what it is', () => {
    const howOf = (state: ContainerState) => {
      const { end } = judgePod(pod(state))
      return [end?.how, end?.exitCode, end?.signal]
    }
    deepEqual(howOf(ended(0, 'Completed')), ['completed', 0, null])
    deepEqual(howOf(ended(3)), ['exited', 3, null])
    deepEqual(howOf(ended(143)), ['killed', null, 'SIGTERM'])
    deepEqual(howOf(ended(0, 'OOMKilled')), ['killed', null, 'SIGKILL'])
    deepEqual(howOf(ended(128, 'StartError')), ['notStarted', null, null])
    deepEqual(howOf(ended(137, 'ContainerStatusUnknown')), ['missing', null, null])
  })

  it('says which container ran out of memory, with its limit', () => {
    match(judgePod(pod(ended(137, 'OOMKilled'))).end?.detail ?? '', /"runner".*OOMKilled, its limit is 96Mi/)
    const { trouble, end } = judgePod(pod(running, ended(137, 'OOMKilled')))
    equal(end, undefined)
    equal(trouble?.ends, 'aside')
    match(trouble.what, /"c1".*OOMKilled, its limit is 96Mi/)
  })

  it('knows a step’s container that ended well from one that did not', () => {
    equal(judgePod(pod(running, ended(0, 'Completed'))).trouble, undefined)
    match(judgePod(pod(running, ended(2))).trouble?.what ?? '', /exit code 2/)
  })

  it('never calls completed what a node ended, whatever the phase says', () => {
    for (const phase of ['Failed', 'Succeeded']) {
      for (const [state, how] of [
        [running, 'missing'],
        [waiting('ContainerCreating'), 'notStarted'],
      ] as const) {
        const { end } = judgePod(pod(state, undefined, { phase, reason: 'Evicted', message: 'The node was low on memory.' }))
        equal(end?.how, how)
        match(end?.detail ?? '', /Evicted\).*low on memory/)
        match(end?.hint ?? '', /short of memory or disk/)
      }
    }
  })

  it('tells refused credentials, a missing image and an unreachable registry apart', () => {
    const hintOf = (message: string): string => judgePod(pod(waiting('ErrImagePull', message))).trouble?.hint ?? ''
    match(hintOf('unexpected status code: 401 Unauthorized'), /refuses the credentials/)
    match(hintOf('manifest unknown'), /no such image/)
    match(hintOf('dial tcp: i/o timeout'), /cannot reach the registry/)
    match(hintOf(''), /Check the image/)
    equal(judgePod(pod(waiting('InvalidImageName'))).trouble?.ends, 'never')
    equal(judgePod(pod(waiting('ImagePullBackOff'))).trouble?.ends, 'soon')
    equal(judgePod(pod(waiting('ContainerCreating'))).trouble, undefined)
  })

  it('waits for a node, and repeats the scheduler', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes are available' }]
    const { trouble } = judgePod(podWith({ phase: 'Pending', conditions }))
    equal(trouble?.ends, 'patience')
    match(trouble.what, /Unschedulable\): 0\/1 nodes/)
  })

  it('says what the registry answered, from the event where the status has it no more', () => {
    const { trouble } = judgePod(pod(running, waiting('ImagePullBackOff', 'Back-off pulling image "tools:2"')))
    ok(trouble)
    equal(withPullAnswer(trouble, ['Error: ErrImagePull', 'Failed to pull image "other:1": 404']), trouble)
    const refused = 'Failed to pull image "tools:2": rpc error: code = Unknown desc = unexpected status: 401 Unauthorized'
    const told = withPullAnswer(trouble, ['Failed to pull image "tools:2": timeout', refused, 'Error: ImagePullBackOff'])
    match(told.what, /^The image "tools:2" of .* cannot be pulled \(ErrImagePull\)\. unexpected status: 401 Unauthorized$/)
    match(told.hint, /connectorRef.*user name and password/)
    equal(told.ends, trouble.ends)
  })

  it('calls a pod that is gone not started or missing, and completed only where its runner’s own end was seen', () => {
    const placed = { conditions: [{ type: 'PodScheduled', status: 'True' }] }
    equal(judgeGonePod(pod(waiting('ContainerCreating')), false).how, 'notStarted')
    equal(judgeGonePod(podWith({ phase: 'Pending' }), false).how, 'notStarted')
    // The node says late what it does: a runner may have come and gone without a word.
    equal(judgeGonePod(podWith({ phase: 'Pending', ...placed }), false).how, 'missing')
    equal(judgeGonePod(pod(waiting('ContainerCreating'), undefined, placed), false).how, 'missing')
    equal(judgeGonePod(pod(waiting('ErrImagePull'), undefined, placed), false).how, 'notStarted')
    equal(judgeGonePod(pod(waiting('ContainerCreating')), true).how, 'missing')
    equal(judgeGonePod(pod(running), false).how, 'missing')
    equal(judgeGonePod(pod(ended(0, 'Completed')), true).how, 'completed')
  })

  it('does not take a runner for idle because its node has not spoken yet', () => {
    const placed = { conditions: [{ type: 'PodScheduled', status: 'True' }] }
    equal(mayHaveStarted(podWith({ phase: 'Pending', ...placed })), true)
    equal(mayHaveStarted(podWith({ phase: 'Pending' })), false)
    equal(mayHaveStarted(pod(waiting('ErrImagePull'), undefined, placed)), false)
    equal(mayHaveStarted(pod(running)), true)
  })

  it('calls no status completed in which the runner did not exit with 0', () => {
    const state = fc.oneof(
      fc.constant(running),
      fc.constantFrom('ContainerCreating', 'ErrImagePull', 'CreateContainerError').map((reason) => waiting(reason)),
      fc
        .record({ exitCode: fc.integer({ min: 1, max: 255 }), reason: fc.constantFrom('Error', 'OOMKilled') })
        .map(({ exitCode, reason }) => ended(exitCode, reason)),
    )
    const phase = fc.constantFrom('Pending', 'Running', 'Succeeded', 'Failed', 'Unknown')
    fc.assert(
      fc.property(state, state, phase, fc.constantFrom(undefined, 'Evicted', 'NodeLost'), (runner, step, phaseNow, reason) => {
        const seen = pod(runner, step, { phase: phaseNow, ...(reason === undefined ? {} : { reason }) })
        return judgePod(seen).end?.how !== 'completed' && judgeGonePod(seen, true).how !== 'completed'
      }),
    )
  })
})
