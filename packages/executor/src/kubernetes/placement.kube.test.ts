import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { createId } from '@sluice/base'
import type { RegistryCredential } from '@sluice/contract'
import { type TestKube, openTestKube, skipWithoutKube, testRegistry, waitFor } from '@sluice/testkit'
import type { AttemptEnd, AttemptPlan } from '../executor.ts'
import { type KubeFixture, type KubeTestTask, openKubeFixture, testValues } from '../testing/kube-fixture.ts'
import { jobNamespaceRules } from './delegate-role.ts'
import { KubeError } from './kube-client.ts'
import type { KubeObject, Pod, Secret } from './kube-types.ts'
import type { KubernetesExecutor } from './kubernetes-executor.ts'
import { objectNames } from './object-names.ts'

describe('pods of a real cluster', { skip: skipWithoutKube() }, () => {
  let kube: TestKube
  let fixture: KubeFixture
  before(async () => {
    kube = await openTestKube()
    fixture = await openKubeFixture(kube)
  })
  after(async () => {
    await fixture.close()
    await kube.close()
  })
  afterEach(() => fixture.clean())

  const planOf = (task: KubeTestTask, attemptId = createId('att')): AttemptPlan => ({
    attemptId,
    epoch: 1,
    task,
    attemptToken: 'token',
    relay: '',
  })
  const start = async (task: KubeTestTask, executor: KubernetesExecutor = fixture.executor()) => {
    const plan = planOf(task)
    await executor.prepare(plan)
    await executor.place(plan.attemptId, testValues)
    return { executor, attemptId: plan.attemptId, pod: objectNames(plan.attemptId).pod }
  }
  const endOf = async (task: KubeTestTask): Promise<AttemptEnd> => {
    const { executor, attemptId } = await start(task)
    return executor.wait(attemptId, AbortSignal.timeout(60_000))
  }
  const noticesOf = (attemptId: string): string =>
    fixture.notices.flatMap(({ attemptId: of, notice }) => (of === attemptId ? JSON.stringify(notice) : [])).join('\n')
  const path = (kind: string): string => `/api/v1/namespaces/${fixture.namespace}/${kind}`
  const registryOf = (password: string): RegistryCredential => {
    const { host, user } = testRegistry()
    const text = (value: string) => ({ kind: 'literal' as const, text: value })
    return { host, url: host, connector: 'reg', form: 'dockercfg', username: text(user), password: text(password) }
  }
  /** An image that is on no node, so that the kubelet has to ask the registry. */
  const foreignImage = `${testRegistry().host}/nowhere:${Date.now()}`

  it('are owned by the anchor, immutable where they are secret, and gone with it', async () => {
    const registries = [
      registryOf('pull-me'),
      { ...registryOf(''), form: 'dockerconfigjson' as const, config: { kind: 'literal' as const, text: '{"auths":{}}' } },
    ]
    const { executor, attemptId } = await start({ dummy: { runMs: 10 }, plan: { registries } })
    const [pods, secrets] = await Promise.all([fixture.pods(), fixture.objects(path('secrets'))])
    const anchorName = objectNames(attemptId).anchor
    for (const { metadata } of [...pods, ...secrets]) {
      deepEqual(
        metadata.ownerReferences?.map(({ kind, name, controller }) => [kind, name, controller]),
        [['Lease', anchorName, true]],
      )
      // Nothing that users wrote is in a label.
      equal(
        Object.values(metadata.labels ?? {}).some((value) => value.includes('shop') || value.includes('deploy')),
        false,
      )
    }
    const facts = (secrets as readonly Secret[]).map(({ metadata, type, immutable }) => [metadata.name, type, immutable])
    deepEqual(
      facts.toSorted((left, right) => String(left[0]).localeCompare(String(right[0]))),
      [
        [`${anchorName}-pull-0`, 'kubernetes.io/dockercfg', true],
        [`${anchorName}-pull-1`, 'kubernetes.io/dockerconfigjson', true],
        [`${anchorName}-run`, 'Opaque', true],
        [`${anchorName}-values-0`, 'Opaque', true],
      ],
    )
    equal(pods[0]?.metadata.annotations?.['sluice.dev/project'], 'default/shop')
    await executor.wait(attemptId)
    await executor.remove(attemptId)
    const isGone = async (): Promise<boolean> => {
      const leases = await fixture.objects(`/apis/coordination.k8s.io/v1/namespaces/${fixture.namespace}/leases`)
      return [...(await fixture.pods()), ...(await fixture.objects(path('secrets'))), ...leases].length === 0
    }
    await waitFor(isGone, { timeoutMs: 30_000, intervalMs: 50 })
  })

  it('are one for an attempt, whoever creates them and how often', async () => {
    const { attemptId, pod } = await start({ dummy: {} })
    const { body } = await kube.admin.call<Pod>('GET', `${path('pods')}/${pod}`)
    const copy = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...body.metadata, uid: undefined, resourceVersion: undefined },
      spec: body.spec,
    }
    const outcomes = await Promise.all(
      Array.from({ length: 1000 }, async () => {
        try {
          await fixture.account.client.insist('POST', path('pods'), { body: copy })
          return 201
        } catch (error) {
          return error instanceof KubeError ? error.status : 0
        }
      }),
    )
    deepEqual([...new Set(outcomes)], [409])
    equal((await fixture.pods()).filter(({ metadata }) => metadata.labels?.['sluice.dev/attempt'] === attemptId).length, 1)
  })

  it('end with the registry’s word where credentials are wrong', async () => {
    const { executor, attemptId } = await start(
      {
        plan: { registries: [registryOf('wrong')] },
        infra: { runner: { image: foreignImage } },
      },
      fixture.executor({ defaults: { ...fixture.defaults, imagePullSecrets: [] } }),
    )
    const end = await executor.wait(attemptId, AbortSignal.timeout(60_000))
    equal(end.how, 'notStarted')
    match(end.detail ?? '', /cannot be pulled/)
    match(`${end.detail ?? ''} ${noticesOf(attemptId)}`, /401|unauthorized|authorization failed/i)
    match(end.hint ?? '', /credentials/)
  })

  it('end with the reason where an image does not exist', async () => {
    const end = await endOf({ infra: { runner: { image: foreignImage } } })
    equal(end.how, 'notStarted')
    match(end.detail ?? '', /nowhere/)
    match(end.hint ?? '', /no such image|credentials/)
  })

  it('say that they ran out of memory', async () => {
    const end = await endOf({ dummy: { eatMemory: true }, infra: { runner: { resources: { limits: { memory: '96Mi' } } } } })
    equal(end.how, 'killed')
    match(end.detail ?? '', /OOMKilled, its limit is 96Mi/)
    match(end.hint ?? '', /memory/)
  })

  it('are never reported as completed when somebody deletes them', async () => {
    const { executor, attemptId, pod } = await start({ dummy: { stubborn: true } })
    await fixture.received(attemptId)
    await kube.admin.call('DELETE', `${path('pods')}/${pod}`, { body: { gracePeriodSeconds: 0 } })
    const end = await executor.wait(attemptId, AbortSignal.timeout(30_000))
    match(end.how, /^(missing|killed)$/)
  })

  it('say what the cluster refuses: a missing service account, a quota', async () => {
    const executor = fixture.executor()
    const attempt = planOf({ infra: { serviceAccountName: 'nobody' } })
    await executor.prepare(attempt)
    await rejects(executor.place(attempt.attemptId, testValues), (error: { message?: string; hint?: string }) => {
      match(error.message ?? '', /nobody/)
      match(error.hint ?? '', /service account/)
      return true
    })
    const quota = { metadata: { name: 'small' }, spec: { hard: { pods: '0' } } }
    await kube.admin.insist('POST', path('resourcequotas'), { body: quota })
    try {
      await waitFor(
        async () =>
          (await kube.admin.call<KubeObject & { status?: { hard?: object } }>('GET', `${path('resourcequotas')}/small`)).body
            .status?.hard,
      )
      const second = planOf({})
      await executor.prepare(second)
      await rejects(executor.place(second.attemptId, testValues), /quota/)
      deepEqual((await executor.wait(second.attemptId)).how, 'notStarted')
    } finally {
      await kube.admin.insist('DELETE', `${path('resourcequotas')}/small`)
    }
  })

  it('are given up when no node takes them in time, with the scheduler’s reason', async () => {
    const { executor, attemptId } = await start({ infra: { nodeSelector: { nowhere: 'yes' }, initTimeoutMs: 4000 } })
    const end = await executor.wait(attemptId, AbortSignal.timeout(30_000))
    equal(end.how, 'notStarted')
    match(end.detail ?? '', /initTimeout.*No node takes/)
    match(noticesOf(attemptId), /clusterEvents.*FailedScheduling/)
  })

  it('are swept when their life is over, except where the runner may hold a permit', async () => {
    const permits = { isOpen: () => true, close: async () => false }
    const busy = await start({ dummy: { stubborn: true }, plan: { notAfterMs: 1 } }, fixture.executor({ permits }))
    await fixture.received(busy.attemptId)
    const orphan = planOf({ plan: { notAfterMs: 1 } })
    await fixture.executor({ permits }).prepare(orphan)
    // Its own replica is gone and knows alone of its permits; but its runner has ended.
    const ended = await start({ dummy: { runMs: 10 }, plan: { notAfterMs: 1 } }, fixture.executor({ permits }))
    await ended.executor.wait(ended.attemptId, AbortSignal.timeout(60_000))
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${fixture.namespace}/leases`
    const names = async (): Promise<readonly (string | undefined)[]> =>
      (await fixture.objects(leases)).map(({ metadata }) => metadata.name)
    await waitFor(
      async () => {
        await busy.executor.tend()
        const left = await names()
        return [orphan, ended].every(({ attemptId }) => !left.includes(objectNames(attemptId).anchor))
      },
      { timeoutMs: 30_000, intervalMs: 500 },
    )
    ok((await names()).includes(objectNames(busy.attemptId).anchor))
    equal((await busy.executor.inspect(busy.attemptId)).phase, 'running')
  })

  it('are made with the documented rights and no others', async () => {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace: fixture.namespace },
    }
    const { body } = await fixture.account.client.call<{
      status: { resourceRules: { apiGroups: string[]; resources: string[]; verbs: string[] }[] }
    }>('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', { body: review })
    const lines = (
      rules: readonly { apiGroups: readonly string[]; resources: readonly string[]; verbs: readonly string[] }[],
    ): string[] =>
      rules
        .flatMap((rule) => rule.resources.map((resource) => `${rule.apiGroups.join()}/${resource}: ${rule.verbs.join()}`))
        .toSorted()
    // What every service account may do: ask about itself.
    const own = body.status.resourceRules.filter(({ apiGroups }) => !apiGroups.includes('authorization.k8s.io'))
    deepEqual(lines(own), lines(jobNamespaceRules({ networkPolicy: true })))
    await rejects(fixture.account.client.call('GET', path('secrets')), (error: { status?: number }) => error.status === 403)
  })
})
