// Takes a picture of every page in its states, light and dark, wide and as on a phone, into test-results/screens: to be looked at before
// and after a change of style. Not a gate. `./scripts/node tests/e2e/screenshots.ts [NAME…]`
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildWebUi, findChromium, launchBrowser, openPage } from './browser.ts'
import { openFakeControlPlane } from './fake/control-plane.ts'
import { createFakeData } from './fake/create-fake-data.ts'
import { executionIds } from './fake/fake-data.ts'
import { fakeKey } from './fake/handlers.ts'

const folder = resolve(import.meta.dirname, '../../test-results/screens')
const wanted = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
const executable = findChromium()
if (executable === undefined) throw new Error('There is no Chromium.')

const looks = [
  { name: 'light', viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  { name: 'dark', viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
  { name: 'phone', viewport: { width: 390, height: 844 }, colorScheme: 'light', hasTouch: true, isMobile: true },
] as const
const tab = (id: string, name: string): string => `/executions/${id}?tab=${name}`
const pages: Readonly<Record<string, string>> = {
  executions: '/executions',
  filtered: '/executions?state=Cancelled&pipeline=deploy_billing',
  running: `/executions/${executionIds.running}`,
  succeeded: tab(executionIds.succeeded, 'changes'),
  failed: `/executions/${executionIds.failed}`,
  'failed-changes': tab(executionIds.failed, 'changes'),
  unknown: `/executions/${executionIds.unknown}`,
  queued: `/executions/${executionIds.queued}`,
  parallel: tab(executionIds.parallel, 'details'),
  details: tab(executionIds.succeeded, 'details'),
  'big-log': `/executions/${executionIds.bigLog}`,
  delegates: '/delegates',
  targets: '/targets',
  missing: '/nowhere',
  'no-execution': '/executions/exe_none',
}

const webDir = buildWebUi()
await using full = await openFakeControlPlane(webDir)
const none = createFakeData()
none.executions.clear()
none.delegates = []
none.targets = []
await using empty = await openFakeControlPlane(webDir, none)
const browser = await launchBrowser(executable)
try {
  for (const { name: look, ...options } of looks) {
    for (const [fake, shown] of [
      [full, { login: '/login', ...pages }],
      [empty, { 'empty-executions': '/executions', 'empty-delegates': '/delegates', 'empty-targets': '/targets' }],
    ] as const) {
      await using watched = await openPage(browser, fake.url, options)
      const { page } = watched
      await page.goto('/login')
      for (const [name, path] of Object.entries(shown)) {
        if (wanted.length > 0 && !wanted.includes(name)) continue
        if (path !== '/login') {
          await page.request.post('/api/v1/session', { data: { apiKey: fakeKey } })
          await page.goto(path)
        }
        await page.waitForTimeout(450)
        await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true })
      }
    }
  }
} finally {
  await browser.close()
}
console.log(`Screenshots are in ${folder}.`)
