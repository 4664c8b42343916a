import { after, before, describe } from 'node:test'
import { createId } from '@sluice/base'
import { type TestKube, openTestKube, skipWithoutKube } from '@sluice/testkit'
import { executorSuite } from '../testing/executor-suite.ts'
import { type KubeFixture, openKubeFixture } from '../testing/kube-fixture.ts'

describe('on a real cluster', { skip: skipWithoutKube() }, () => {
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

  executorSuite('the Kubernetes executor', async () => {
    const instanceId = createId('dli')
    return {
      open: () => fixture.executor({ instanceId }),
      received: (_, attemptId) => fixture.received(attemptId),
      close: () => fixture.clean(),
    }
  })
})
