// A step whose pod failed: what the cluster said about it, one click away, in a real browser.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ExecutionView } from '@sluice/contract'
import type { Browser } from 'playwright-core'
import { assertAccessible, buildWebUi, findChromium, launchBrowser, openPage } from './browser.ts'
import { openFakeControlPlane } from './fake/control-plane.ts'
import { createFakeData } from './fake/create-fake-data.ts'
import { executionIds } from './fake/fake-data.ts'
import { fakeKey } from './fake/handlers.ts'

const executable = findChromium()
const failure = {
  kind: 'infrastructure',
  code: 'RUNNER_STOPPED',
  message: 'The image "registry.example.com/tools:2" of container "c1" of Pod "jobs/sluice-1" cannot be pulled: 401 Unauthorized',
  hint: 'The registry refuses the credentials.',
}

describe('the events of a pod', { skip: executable === undefined ? 'there is no Chromium' : false }, () => {
  let browser: Browser
  before(async () => {
    browser = await launchBrowser(executable ?? '')
  })
  after(() => browser?.close())

  test('are open where the pod is why a step failed, and not there for other places', async () => {
    const data = createFakeData()
    const id = executionIds.failed
    // The failed execution, as it would be in a pod.
    const text = JSON.stringify(data.executions.get(id), (key, value: unknown) =>
      key === 'failure' ? failure : key === 'place' ? 'pod jobs/sluice-1' : value,
    )
    const inPods = JSON.parse(text) as ExecutionView
    data.executions.set(id, inPods)
    const event = {
      attemptId: 'att_1',
      groupPath: 'staging/staging_database',
      object: 'Pod/sluice-1',
      at: new Date().toISOString(),
    }
    data.kubernetesEvents.set(id, [
      { ...event, type: 'Normal', reason: 'Scheduled', message: 'Successfully assigned jobs/sluice-1 to node-1' },
      { ...event, type: 'Warning', reason: 'Failed', message: 'Failed to pull image "tools:2": 401 Unauthorized', count: 3 },
      { ...event, attemptId: 'att_0', type: 'Warning', reason: 'Evicted', message: 'of another attempt' },
    ])
    await using fake = await openFakeControlPlane(buildWebUi(), data)
    await using watched = await openPage(browser, fake.url)
    const { page, complaints } = watched
    await page.request.post('/api/v1/session', { data: { apiKey: fakeKey } })
    await page.goto(`/executions/${id}`)
    await page.getByRole('tab', { name: 'Details' }).click()
    const table = page.getByRole('region', { name: 'Kubernetes events' })
    await table.getByRole('row').nth(2).waitFor()
    assert.match((await table.textContent()) ?? '', /Scheduled.*node-1.*Failed.*3 times.*401 Unauthorized/)
    // Not of this attempt; and the pod's name stands above already.
    assert.ok(!/another attempt|Pod\/sluice-1/.test((await table.textContent()) ?? ''))
    await assertAccessible(page, 'events')
    await page.setViewportSize({ width: 360, height: 740 })
    await assertAccessible(page, 'events, narrow')
    await page.getByText('Kubernetes events').first().click()
    await table.waitFor({ state: 'detached' })

    await page.goto(`/executions/${executionIds.succeeded}?tab=details`)
    await page.getByRole('tabpanel').getByText('pid 4711').waitFor()
    assert.equal(await page.getByText('Kubernetes events').count(), 0)
    assert.deepEqual(complaints, [])
  })
})
