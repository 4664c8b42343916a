// The pages in a real browser, against a fake control plane in which every state is there at once.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { assertAccessible, buildWebUi, findChromium, launchBrowser, openPage, type WatchedPage } from './browser.ts'
import { type FakeControlPlane, openFakeControlPlane } from './fake/control-plane.ts'
import { createFakeData } from './fake/create-fake-data.ts'
import { executionIds } from './fake/fake-data.ts'
import { fakeCode, fakeKey } from './fake/handlers.ts'

const executable = findChromium()

describe('pages', { skip: executable === undefined ? 'there is no Chromium' : false }, () => {
  let browser: Browser
  let webDir = ''

  before(async () => {
    webDir = buildWebUi()
    browser = await launchBrowser(executable ?? '')
  })
  after(() => browser?.close())

  /** A fake of its own and a page that is signed in. */
  const open = async (
    options: BrowserContextOptions = {},
    data = createFakeData(),
  ): Promise<WatchedPage & { readonly fake: FakeControlPlane }> => {
    const fake = await openFakeControlPlane(webDir, data)
    const watched = await openPage(browser, fake.url, options)
    await watched.page.request.post('/api/v1/session', { data: { apiKey: fakeKey } })
    return {
      ...watched,
      fake,
      async [Symbol.asyncDispose]() {
        await watched[Symbol.asyncDispose]()
        await fake[Symbol.asyncDispose]()
      },
    }
  }
  const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name })
  const step = (page: Page, name: string) => page.getByRole('region', { name: 'Graph' }).getByRole('link', { name })

  test('a one-use link signs in and leaves the address', async () => {
    await using fake = await openFakeControlPlane(webDir)
    await using watched = await openPage(browser, fake.url)
    const { page, complaints } = watched
    await page.goto(`/login?code=${fakeCode}`)
    await heading(page, 'Executions').waitFor()
    assert.equal(page.url(), `${fake.url}/executions`)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await heading(page, 'Sign in to Sluice').waitFor()
    assert.deepEqual(complaints, [])

    await page.goto(`/login?code=${fakeCode}`)
    await page.getByRole('alert').getByText('used up').waitFor()
    assert.equal(page.url(), `${fake.url}/login`)
  })

  test('a wrong key is refused with a reason, a right one leads to the page that was asked for', async () => {
    await using fake = await openFakeControlPlane(webDir)
    await using watched = await openPage(browser, fake.url)
    const { page } = watched
    await page.goto('/delegates')
    await heading(page, 'Sign in to Sluice').waitFor()
    await assertAccessible(page, 'login')
    await page.getByLabel('API key').fill('slk_wrong')
    await page.keyboard.press('Enter')
    const alert = page.getByRole('alert')
    await alert.getByText('The API key is not known').waitFor()
    await alert.getByText('req_fake').waitFor()
    await page.getByLabel('API key').fill(fakeKey)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await heading(page, 'Delegates').waitFor()
    assert.equal(page.url(), `${fake.url}/delegates`)
  })

  test('every page is accessible, light and dark, wide and narrow, and complains of nothing', async () => {
    await using opened = await open()
    const { page, complaints } = opened
    const tabs: Readonly<Record<string, string>> = { failed: 'changes', succeeded: 'details' }
    const paths = [
      '/executions',
      '/delegates',
      '/targets',
      '/nowhere',
      ...Object.entries(executionIds).map(([name, id]) => `/executions/${id}?tab=${tabs[name] ?? 'log'}`),
    ]
    for (const path of paths) {
      await page.setViewportSize({ width: 1280, height: 900 })
      await page.emulateMedia({ colorScheme: 'light' })
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.waitForTimeout(100)
      await assertAccessible(page, `${path}, light`)
      await page.emulateMedia({ colorScheme: 'dark' })
      await assertAccessible(page, `${path}, dark`)
      await page.setViewportSize({ width: 360, height: 740 })
      await assertAccessible(page, `${path}, narrow`)
    }
    assert.deepEqual(complaints, [])
  })

  test('the list changes by itself, filters from its address, and pages', async () => {
    await using opened = await open()
    const { page, fake } = opened
    await page.goto('/executions')
    const row = page.getByRole('row').filter({ hasText: '#15' })
    await row.getByText('Running').waitFor()
    const running = fake.data.executions.get(executionIds.running)
    assert.ok(running)
    fake.change({ ...running, state: 'Succeeded' })
    await row.getByText('Succeeded').waitFor()
    await page.locator('[aria-live=polite]').getByText('Deploy shop #15: Succeeded').waitFor()

    await page.getByLabel('State').selectOption('Failed')
    await row.waitFor({ state: 'detached' })
    assert.equal(new URL(page.url()).search, '?state=Failed')
    await page.getByRole('row').filter({ hasText: '#12' }).waitFor()
    await page.goBack()
    await page.getByRole('link', { name: 'Older' }).click()
    await page.getByRole('row').filter({ hasText: 'Load numbers' }).waitFor()
    await page.getByRole('link', { name: 'Newest' }).click()
    await page.getByRole('row').filter({ hasText: '#15' }).waitFor()
  })

  test('an execution shows its graph, and each step its log, changes and details', async () => {
    await using opened = await open()
    const { page, complaints } = opened
    await page.goto('/executions')
    await page.getByRole('link', { name: 'Deploy shop #11' }).click()
    await heading(page, 'Deploy shop #11').waitFor()
    await step(page, 'Apply to dev').click()
    assert.equal(new URL(page.url()).searchParams.get('step'), 'dev/database/apply')
    await page.getByRole('log').getByText('[6/6] Applying db/orders/reports.sql::monthly-revenue::ada').waitFor()
    await page.getByRole('tab', { name: 'Changes' }).click()
    const rows = page.getByRole('region', { name: 'Changes of Apply to dev' }).getByRole('row')
    await rows.nth(6).waitFor()
    assert.equal(await rows.count(), 7)
    assert.match((await rows.nth(1).textContent()) ?? '', /products.*db\/catalogue\/10-products\.yaml.*Applied.*shop_dev.*12 ms/)
    await page.getByRole('tab', { name: 'Details' }).click()
    await page.getByRole('tabpanel').getByText('4be1c0de').waitFor()
    await page.getByText('shop_production').last().click()
    await page.getByRole('region', { name: 'Changes of shop_production' }).waitFor()

    // What the address says is shown again.
    await page.reload()
    await page.getByRole('tab', { name: 'Details', selected: true }).waitFor()
    assert.equal(await step(page, 'Apply to dev').getAttribute('aria-current'), 'true')
    assert.deepEqual(complaints, [])
  })

  test('what was skipped says why, on its stage and on its step', async () => {
    await using opened = await open()
    const { page, complaints } = opened
    await page.goto(`/executions/${executionIds.failed}?step=production/database/apply`)
    await page.getByRole('region', { name: 'Graph' }).getByText('Stage "staging" failed.').waitFor()
    await page.getByRole('region', { name: 'Step Apply to production' }).getByText('Stage "staging" failed.').waitFor()
    await assertAccessible(page, 'skipped')
    assert.deepEqual(complaints, [])
  })

  test('a running step is followed: log, state and failure', async () => {
    await using opened = await open()
    const { page, fake, complaints } = opened
    await page.goto(`/executions/${executionIds.running}`)
    await page.getByRole('log').getByText('[4/6]').waitFor()
    const view = fake.data.executions.get(executionIds.running)
    assert.ok(view)
    const stream = [...fake.data.logs].find(([, log]) => !log.sealed)?.[0] ?? ''
    fake.write(stream, '12:00:00.000 a line with half')
    await page.getByRole('log').getByText('a line with half').waitFor()
    fake.write(stream, ' and the rest\n12:00:01.000     Failed after 3 ms: no such table\n', { seal: true })
    await page.getByText('a line with half and the rest').waitFor()
    await page.getByText('lines, complete').waitFor()

    const failure = { kind: 'step', code: 'CHANGESET_FAILED', message: 'No such table.', hint: 'Make it.' }
    const text = JSON.stringify(view).replaceAll('"state":"Running"', '"state":"Failed"')
    fake.change({ ...(JSON.parse(text) as typeof view), failure, endedAt: new Date().toISOString() })
    await step(page, 'Failed').waitFor()
    await page.getByText('No such table.', { exact: true }).waitFor()
    await page.locator('[aria-live=polite]').getByText('Apply to staging: Failed').waitFor()
    assert.deepEqual(complaints, [])
  })

  test('a large log shows its end, can be searched, and gives more', async () => {
    await using opened = await open()
    const { page } = opened
    await page.goto(`/executions/${executionIds.bigLog}`)
    const log = page.getByRole('log')
    await log.getByText('The last line.').waitFor()
    assert.ok(await log.getByText('The last line.').isVisible())
    await log.getByText('5242880 bytes of this log were dropped').waitFor()
    // Far out of sight, and yet in the page for the browser's own search.
    await log.getByText('insert into numbers values (15000)').waitFor({ state: 'attached' })
    await log.press('Control+Home')
    await page.getByRole('checkbox', { name: 'Follow', checked: false }).waitFor()
    await log.getByRole('button', { name: 'Show more' }).click()
    await log.getByText('insert into numbers values (3000)').waitFor({ state: 'attached' })
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download the log' }).click()
    assert.equal((await download).suggestedFilename(), 'load_numbers-1-dev-database-apply.log')
  })

  test('an unknown outcome comes with evidence, the command and the form that resolves it', async () => {
    await using opened = await open()
    const { page, fake } = opened
    await page.goto('/targets')
    await page.getByRole('row').filter({ hasText: 'Blocked' }).getByRole('link').click()
    const panel = page.getByRole('region', { name: 'Unknown outcome of Apply to production' })
    await panel.getByText('6 of 6 planned changesets are recorded').waitFor()
    await panel.getByRole('radio', { name: 'It succeeded' }).check()
    await panel.getByLabel('Reason').fill('all of it is there')
    await panel.getByText(`--as succeeded --reason "all of it is there"`).waitFor()
    await panel.getByRole('button', { name: 'Resolve' }).click()
    await page.waitForFunction('document.activeElement !== null')
    const { body } = (await waitForCall(fake, '/resolve')) as { body: unknown }
    assert.deepEqual(body, { as: 'succeeded', reason: 'all of it is there' })
  })

  test('what waits for a delegate says why', async () => {
    await using opened = await open()
    await opened.page.goto(`/executions/${executionIds.queued}`)
    const panel = opened.page.getByRole('region', { name: 'Why it waits' })
    await panel.getByText('It lacks the tag "billing".').waitFor()
    await panel.getByText('It is not approved to receive sealed secrets.').waitFor()
  })

  test('cancelling asks first', async () => {
    await using opened = await open()
    const { page, fake } = opened
    await page.goto(`/executions/${executionIds.running}`)
    await page.getByRole('button', { name: 'Cancel' }).click()
    const dialog = page.getByRole('dialog', { name: 'Cancel Deploy shop #15?' })
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    assert.ok(!fake.calls.some(({ call }) => call.endsWith('/cancel')))
    await page.getByRole('button', { name: 'Cancel' }).click()
    await dialog.getByLabel('Reason').fill('too early')
    await dialog.getByRole('button', { name: 'Cancel the execution' }).click()
    assert.deepEqual((await waitForCall(fake, '/cancel')).body, { reason: 'too early' })
    await page.getByRole('button', { name: 'Cancelling' }).waitFor()
  })

  test('a pipeline is run with inputs, once however often it is asked', async () => {
    await using opened = await open()
    const { page, fake } = opened
    await page.goto('/executions')
    await page.getByRole('button', { name: 'Run pipeline' }).click()
    const dialog = page.getByRole('dialog', { name: 'Run a pipeline' })
    await dialog.getByRole('button', { name: 'release' }).click()
    await dialog.getByLabel('Value of input 1').fill('v9')
    await assertAccessible(page, 'run dialog')
    await dialog.getByRole('button', { name: 'Run', exact: true }).click()
    await heading(page, /Deploy shop/).waitFor()
    const { idempotencyKey, ...body } = (await waitForCall(fake, 'POST /api/v1/executions')).body as Record<string, unknown>
    assert.deepEqual(body, {
      pipelineIdentifier: 'deploy_shop',
      orgIdentifier: 'default',
      projectIdentifier: 'default',
      inputs: { release: 'v9' },
    })
    assert.match(String(idempotencyKey), /^web-/)
  })

  test('delegates show their health, and are approved after their fingerprint was compared', async () => {
    await using opened = await open()
    const { page, fake } = opened
    await page.goto('/delegates')
    const frankfurt = page.getByRole('article', { name: 'Delegate dc-frankfurt' })
    await frankfurt.getByText('Late').waitFor()
    await frankfurt.getByRole('link', { name: 'staging/database' }).waitFor()
    await page.getByRole('article', { name: 'Delegate dc-paris' }).getByText('Disconnected').waitFor()
    const office = page.getByRole('article', { name: 'Delegate new-office' })
    await office.getByRole('button', { name: 'Approve' }).click()
    const dialog = page.getByRole('dialog', { name: 'Approve new-office?' })
    assert.ok(await dialog.getByRole('button', { name: 'Approve' }).isDisabled())
    await dialog.getByText('3f9a-c21e').waitFor()
    await dialog.getByLabel('shows the same fingerprint').check()
    await assertAccessible(page, 'approve dialog')
    await dialog.getByRole('button', { name: 'Approve' }).click()
    await dialog.waitFor({ state: 'detached' })
    await office.getByText('Not approved').waitFor({ state: 'detached' })
    assert.deepEqual(fake.calls.findLast(({ call }) => call.startsWith('PATCH'))?.body, { approved: true })
  })

  test('the keyboard reaches everything', async () => {
    await using opened = await open()
    const { page } = opened
    await page.goto('/executions')
    await page.getByRole('link', { name: 'Deploy shop #11' }).waitFor()
    await page.keyboard.press('Tab')
    assert.equal(await focused(page), 'Skip to the page')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    assert.equal(await focused(page), 'Run pipeline')
    await page.getByRole('link', { name: 'Deploy shop #11' }).focus()
    await page.keyboard.press('Enter')
    await heading(page, 'Deploy shop #11').waitFor()
    // After a change of page one goes on from its title.
    assert.match(await focused(page), /^Deploy shop #11/)
    await page.getByRole('tab', { name: 'Log' }).focus()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('tab', { name: 'Changes', selected: true }).waitFor()
    assert.match(await focused(page), /^Changes/)
    await page.keyboard.press('End')
    await page.getByRole('tab', { name: 'Details', selected: true }).waitFor()
  })

  test('a lost server is said once and found again', async () => {
    await using opened = await open()
    const { page, fake } = opened
    await page.goto('/delegates')
    await page.getByRole('article', { name: 'Delegate dc-frankfurt' }).waitFor()
    fake.cut()
    await page.getByText('The server cannot be reached').waitFor({ timeout: 15_000 })
    await page.getByRole('article', { name: 'Delegate dc-frankfurt' }).waitFor()
    fake.resume()
    await page.getByRole('button', { name: 'Try now' }).click()
    await page.getByText('The server cannot be reached').waitFor({ state: 'detached' })
  })

  test('a log goes on after its connection was cut, without a line twice or missing', async () => {
    await using opened = await open()
    const { page, fake } = opened
    await page.goto(`/executions/${executionIds.running}`)
    await page.getByRole('log').getByText('[4/6]').waitFor()
    const stream = [...fake.data.logs].find(([, log]) => !log.sealed)?.[0] ?? ''
    fake.cut()
    fake.write(stream, 'written while nobody could see\n')
    fake.resume()
    await page.getByText('written while nobody could see').waitFor()
    fake.write(stream, 'the end\n', { seal: true })
    await page.getByText('lines, complete').waitFor()
    const expected = (fake.data.logs.get(stream)?.text ?? '').trimEnd().split('\n').length
    await page.getByText(`${String(expected)} lines, complete`).waitFor()
  })

  test('a session that ended leads to the login and back', async () => {
    await using opened = await open()
    const { page, fake } = opened
    await page.goto('/delegates')
    await heading(page, 'Delegates').waitFor()
    await page.context().clearCookies()
    await heading(page, 'Sign in to Sluice').waitFor()
    await page.getByLabel('API key').fill(fakeKey)
    await page.keyboard.press('Enter')
    await heading(page, 'Delegates').waitFor()
    assert.equal(page.url(), `${fake.url}/delegates`)
  })

  test('the theme is the reader’s choice and is kept', async () => {
    await using opened = await open({ colorScheme: 'light' })
    const { page } = opened
    await page.goto('/executions')
    await page.getByRole('button', { name: 'Use the dark theme' }).click()
    await page.reload()
    await page.getByRole('button', { name: 'Use the light theme' }).waitFor()
    assert.equal(await page.evaluate('getComputedStyle(document.documentElement).colorScheme'), 'dark')
  })

  test('an empty control plane says what to do next', async () => {
    const data = createFakeData()
    data.executions.clear()
    data.delegates = []
    data.targets = []
    await using opened = await open({}, data)
    const { page } = opened
    for (const [path, text] of [
      ['/executions', 'sluice pipeline run'],
      ['/delegates', 'sluice delegate token'],
      ['/targets', 'sluice apply'],
    ] as const) {
      await page.goto(path)
      await page.getByText(text).first().waitFor()
      await assertAccessible(page, `empty ${path}`)
    }
  })

  test('an execution that is not there is an error with its request', async () => {
    await using opened = await open()
    await opened.page.goto('/executions/exe_none')
    await opened.page.getByRole('alert').getByText('There is no execution "exe_none".').waitFor()
    await opened.page.getByRole('alert').getByText('req_fake').waitFor()
  })
})

async function focused(page: Page): Promise<string> {
  return String(
    await page.evaluate('document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent'),
  ).trim()
}

/** The last call whose address ends so, once there is one. */
async function waitForCall(fake: FakeControlPlane, end: string): Promise<{ readonly body: unknown }> {
  for (let tries = 0; tries < 100; tries++) {
    const found = fake.calls.findLast(({ call }) => call.endsWith(end))
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  throw new Error(`Nobody called ${end}.`)
}
