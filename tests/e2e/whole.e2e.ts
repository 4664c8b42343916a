// The pages on the real thing: server, delegate, runner and a database, watched from the browser while a changeset arrives.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { operationEndpoints } from '@sluice/contract'
import type { Browser } from 'playwright-core'
import { type Installation, openInstallation, runnerPids } from '../support/installation.ts'
import { instanceEntities } from '../support/shop-entities.ts'
import type { TestRepository } from '../support/test-repository.ts'
import { openTestTarget, type TestTarget } from '../support/test-target.ts'
import { assertAccessible, buildWebUi, findChromium, launchBrowser, openPage, type WatchedPage } from './browser.ts'

const executable = findChromium()
const changelog = `--liquibase formatted sql
--changeset ada:customers
create table customers (id int primary key);
--rollback drop table customers;
--changeset ada:slow
select pg_sleep(1.5);
--rollback empty
--changeset grace:orders
create table orders (id int primary key, customer int references customers);
--rollback drop table orders;
`

describe('the whole, in a browser', { skip: executable === undefined ? 'there is no Chromium' : false }, () => {
  let browser: Browser
  let sluice: Installation
  let target: TestTarget
  let repository: TestRepository
  let watched: WatchedPage

  before(async () => {
    buildWebUi()
    ;[browser, sluice, target] = await Promise.all([launchBrowser(executable ?? ''), openInstallation(), openTestTarget()])
    await sluice.startDelegate()
    repository = sluice.createRepository('shop')
    repository.commit({ 'changelog.sql': changelog })
    await sluice.apply(instanceEntities({ name: 'shop', repositoryDir: repository.dir, target }))
    await sluice.setSecret('shop_password', target.password, [target.jdbcUrl])
    watched = await openPage(browser, sluice.url)
    watched.page.setDefaultTimeout(20_000)
  })
  after(async () => {
    await watched?.[Symbol.asyncDispose]()
    await browser?.close()
    await sluice?.[Symbol.asyncDispose]()
    await target?.close()
  })

  test('a wrong key is refused; a one-use link signs in', async () => {
    const { page } = watched
    await page.goto('/executions')
    await page.getByLabel('API key').fill('slk_wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('The API key is not known').waitFor()
    // That answer is an error in the console, which is as it should be.
    assert.deepEqual(
      watched.complaints.splice(0).filter((complaint) => !complaint.includes('401')),
      [],
    )
    const { code } = await sluice.client.call(operationEndpoints.createLoginCode)
    await page.goto(`/login?code=${code}`)
    await page.getByRole('heading', { level: 1, name: 'Executions' }).waitFor()
    assert.equal(page.url(), `${sluice.url}/executions`)
    await page.getByText('Nothing has run yet.').waitFor()
  })

  test('a pipeline that is run from the page is followed to its end: graph, log, changes', async () => {
    const { page } = watched
    await page.getByRole('button', { name: 'Run pipeline' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'shop #1' }).waitFor()
    const graph = page.getByRole('region', { name: 'Graph' })
    await graph.getByRole('link', { name: /Running/ }).waitFor()
    await page.getByRole('log').getByText('customers', { exact: false }).first().waitFor()
    await graph.getByRole('link', { name: /Succeeded.*3 applied/ }).waitFor()
    await page.getByText('lines, complete').waitFor()
    const log = await page.getByRole('log').innerText()
    assert.match(log, /changelog\.sql::orders::grace/)
    assert.ok(!log.includes(target.password))
    await page.getByRole('tab', { name: 'Changes' }).click()
    const rows = page.getByRole('region', { name: 'Changes of apply' }).getByRole('row')
    await rows.nth(3).waitFor()
    assert.match((await rows.nth(1).textContent()) ?? '', /customers.*ada.*changelog\.sql.*Applied.*shop_instance/)
    assert.match((await rows.nth(3).textContent()) ?? '', /orders.*grace/)
    await page.getByRole('tab', { name: 'Details' }).click()
    await page.getByRole('tabpanel').getByText('DBSchemaApply').waitFor()
    await assertAccessible(page, 'an execution')
    assert.ok(!(await page.content()).includes(target.password))
  })

  test('the list, the delegate and the target show it too', async () => {
    const { page } = watched
    await page.getByRole('link', { name: 'Executions' }).first().click()
    await page.getByRole('row').filter({ hasText: 'shop #1' }).getByText('Succeeded').waitFor()
    await assertAccessible(page, 'the list')
    await page.getByRole('link', { name: 'Delegates' }).click()
    const card = page.getByRole('article', { name: 'Delegate test' })
    await card.getByText('Connected').first().waitFor()
    await assertAccessible(page, 'delegates')
    await page.getByRole('link', { name: 'Targets' }).click()
    await page.getByRole('row').filter({ hasText: 'shop_instance' }).getByText('Free').waitFor()
    await assertAccessible(page, 'targets')
  })

  test('a runner that dies while it may write leaves an unknown outcome, which a person resolves on the page', async () => {
    const { page } = watched
    repository.commit({
      'changelog.sql': `${changelog}--changeset ada:very-slow\nselect pg_sleep(4);\n--rollback empty\n`,
    })
    await page.goto(`/executions/${await sluice.run('shop_pipeline')}`)
    await page.getByRole('log').getByText('pg_sleep(4)').waitFor()
    for (const pid of runnerPids(sluice.delegateDir)) process.kill(pid, 'SIGKILL')
    const panel = page.getByRole('region', { name: 'Unknown outcome of apply' })
    await panel.getByText('planned changesets').first().waitFor()
    await assertAccessible(page, 'an unknown outcome')
    await panel.getByRole('radio', { name: 'It failed' }).check()
    await panel.getByLabel('Reason').fill('its runner was killed')
    await panel.getByRole('button', { name: 'Resolve' }).click()
    await panel.waitFor({ state: 'detached' })
    await page
      .getByRole('region', { name: 'Graph' })
      .getByRole('link', { name: /Failed/ })
      .waitFor()
    await page.getByRole('tab', { name: 'Details' }).click()
    await page.getByText(/as failed by .*its runner was killed/).waitFor()
  })

  test('a failure says what happened in which file, and a wrong input says so in its dialog', async () => {
    const { page } = watched
    await target.query('drop table databasechangelog')
    await page.goto('/executions')
    await page.getByRole('button', { name: 'Run pipeline' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Add input' }).click()
    await dialog.getByLabel('Name of input 1').fill('nonsense')
    await dialog.getByRole('button', { name: 'Run', exact: true }).click()
    await dialog.getByRole('alert').getByText('nonsense').first().waitFor()
    await dialog.getByRole('button', { name: 'Remove input nonsense' }).click()
    await dialog.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: /shop #/ }).waitFor()
    await page
      .getByRole('region', { name: 'Graph' })
      .getByRole('link', { name: /Failed/ })
      .waitFor()
    await page.getByText('already exists').first().waitFor()
    await assertAccessible(page, 'a failed execution')
  })

  test('signing out ends the session, and nothing was complained of on the way', async () => {
    const { page } = watched
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { level: 1, name: 'Sign in to Sluice' }).waitFor()
    const answer = await page.request.get('/api/v1/whoami')
    assert.equal(answer.status(), 401)
    assert.deepEqual(
      watched.complaints.filter((complaint) => !complaint.includes('400 (Bad Request)')),
      [],
    )
  })
})
