import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { podLayout } from '@sluice/contract'
import { planOf, podOf } from '../testing/pod-plan.ts'

describe('the pod of an attempt', () => {
  it('has an init container exactly where there are other images than the runner’s', () => {
    equal(podOf(planOf({}, [])).spec.initContainers, undefined)
    equal(podOf(planOf({}, [])).spec.containers.length, 1)
    const { initContainers = [] } = podOf(planOf({}, [{}, { image: 'alpine' }])).spec
    deepEqual(
      initContainers.map(({ name, volumeMounts }) => [name, volumeMounts?.map((mount) => mount.name)]),
      [['install', ['bin']]],
    )
  })

  it('gives all users one group for what they share, whatever user a step asks for', () => {
    const { securityContext, containers } = podOf(planOf({ runAsUser: 1234 }, [{}, { runAsUser: 4321 }])).spec
    equal(securityContext?.fsGroup, podLayout.group)
    equal(securityContext?.runAsGroup, podLayout.group)
    deepEqual(
      containers.map(({ securityContext: own }) => [own?.runAsUser, own?.runAsGroup]),
      [
        [podLayout.runnerUser, podLayout.group],
        [1234, podLayout.group],
        [4321, podLayout.group],
      ],
    )
  })

  it('lets nobody but the runner read its task, its values and its clone', () => {
    const { containers, volumes = [] } = podOf(planOf({}, [{}, { image: 'alpine' }])).spec
    const [runner, ...steps] = containers.map(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name))
    for (const name of ['task', 'slots', 'attempt', 'tmp-runner']) {
      ok(runner?.includes(name), name)
      for (const mounts of steps) equal(mounts.includes(name), false, name)
    }
    // Files of Secrets are readable by their group, and the group is everybody’s: the mounts above keep others out.
    deepEqual(
      volumes.flatMap(({ name, secret, projected }) => {
        const mode = secret?.defaultMode ?? projected?.defaultMode
        return mode === undefined ? [] : [[name, mode]]
      }),
      [
        ['task', 0o440],
        ['slots', 0o440],
      ],
    )
  })

  it('gives every step container a user, a control folder and secrets of its own', () => {
    const [, first, second] = podOf(planOf({}, [{}, { image: 'alpine' }])).spec.containers
    notEqual(first?.securityContext?.runAsUser, second?.securityContext?.runAsUser)
    notEqual(first?.securityContext?.runAsUser, podLayout.runnerUser)
    const own = (mounts: readonly { name: string }[] = []): string[] =>
      mounts.map(({ name }) => name).filter((name) => /^(?:ctl|secrets|tmp)-/.test(name))
    deepEqual(own(first?.volumeMounts), ['ctl-c1', 'secrets-c1', 'tmp-c1'])
    deepEqual(own(second?.volumeMounts), ['ctl-c2', 'secrets-c2', 'tmp-c2'])
  })
})
