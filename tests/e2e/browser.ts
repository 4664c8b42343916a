import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const root = resolve(import.meta.dirname, '../..')
const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where Chromium is; undefined where there is none. With SLUICE_REQUIRE_ALL=1 that is an error. */
export function findChromium(): string | undefined {
  const found = candidates.find((path) => existsSync(path))
  if (found === undefined && process.env['SLUICE_REQUIRE_ALL'] === '1') {
    throw new Error(`There is no Chromium at ${candidates.join(', ')}. Install it.`)
  }
  return found
}

export function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** The built pages, made anew when their sources are newer. */
export function buildWebUi(): string {
  execFileSync(process.execPath, ['scripts/build.ts', '--if-stale', '--quiet'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const webDir = join(root, 'dist/web')
  assert.ok(existsSync(join(webDir, 'index.html')), 'the web UI was not built')
  return webDir
}

/** A page that notes everything that should not happen. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page
  /** Console errors, uncaught errors, requests to other hosts. A test empties it when it causes some on purpose. */
  readonly complaints: string[]
}

export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 900 }, ...options })
  context.setDefaultTimeout(8000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`))
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('blob:')) complaints.push(`request: ${request.url()}`)
  })
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() }
}

/** Basic accessibility of what is shown now: problems in words, none when all is well. Runs in the page. */
const findProblems = `(() => {
  const problems = []
  const isShown = (element) => element.checkVisibility({ contentVisibilityAuto: false, visibilityProperty: true })
  const nameOf = (element) =>
    (element.getAttribute('aria-label') ?? '').trim() ||
    (element.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ').trim() ||
    (element.labels ? [...element.labels].map((label) => label.textContent).join(' ').trim() : '') ||
    (element.textContent ?? '').trim()
  const describe = (element) => element.outerHTML.slice(0, 120)
  const headings = [...document.querySelectorAll('h1')].filter(isShown)
  if (headings.length !== 1) problems.push(headings.length + ' h1 elements')
  if ([...document.querySelectorAll('main')].length !== 1) problems.push('not exactly one main')
  if (document.documentElement.lang === '') problems.push('no language')
  if (!document.title.includes('Sluice')) problems.push('title: ' + document.title)
  for (const element of document.querySelectorAll('input, select, textarea')) {
    const labelled = element.getAttribute('aria-label') || element.getAttribute('aria-labelledby') || element.labels?.length > 0
    if (isShown(element) && !labelled) problems.push('no label: ' + describe(element))
  }
  for (const element of document.querySelectorAll('button, a, [role=tab], summary')) {
    if (isShown(element) && nameOf(element) === '') problems.push('no name: ' + describe(element))
  }
  for (const element of document.querySelectorAll('a')) if (!element.hasAttribute('href')) problems.push('no href: ' + describe(element))
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id)
  for (const id of new Set(ids)) if (ids.filter((each) => each === id).length > 1) problems.push('id twice: ' + id)
  for (const element of document.querySelectorAll('[tabindex]')) if (element.tabIndex > 0) problems.push('tabindex: ' + describe(element))
  let level = 0
  for (const element of document.querySelectorAll('h1, h2, h3, h4')) {
    if (!isShown(element)) continue
    const next = Number(element.tagName[1])
    if (next > level + 1) problems.push('heading level ' + next + ' after ' + level + ': ' + describe(element))
    level = next
  }
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth + 1) problems.push('the page scrolls sideways')
  return problems
})()`

export async function assertAccessible(page: Page, what: string): Promise<void> {
  assert.deepEqual(await page.evaluate(findProblems), [], `accessibility of ${what}`)
  assert.deepEqual(await page.evaluate(findFaintText), [], `contrast of ${what}`)
}

/** Text whose contrast with what is behind it is below WCAG AA (4.5, or 3 for large text). Runs in the page. */
const findFaintText = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const parse = (colour) => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = colour
    canvas.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data
    return { r, g, b, a: a / 255 }
  }
  const over = (top, under) => ({
    r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1,
  })
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((value) => {
      const part = value / 255
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const behind = (element) => {
    const layers = []
    for (let each = element; each !== null; each = each.parentElement) layers.push(parse(getComputedStyle(each).backgroundColor))
    return layers.reverse().reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 })
  }
  const problems = new Set()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  let seen = 0
  while (walker.nextNode() && seen < 1500) {
    const element = walker.currentNode.parentElement
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })) continue
    if (element.closest('.visually-hidden, :disabled, option, noscript')) continue
    seen += 1
    const style = getComputedStyle(element)
    const under = behind(element)
    const text = over(parse(style.color), under)
    const [high, low] = [light(text), light(under)].sort((a, b) => b - a)
    const ratio = (high + 0.05) / (low + 0.05)
    const size = parseFloat(style.fontSize)
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5
    if (ratio < needed) problems.add(ratio.toFixed(2) + ': ' + walker.currentNode.textContent.trim().slice(0, 40) + ' in ' + element.tagName + '.' + element.className)
  }
  return [...problems]
})()`
