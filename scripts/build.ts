// Bundles what ships into dist/: one file per program (code that is loaded later stands in files of its own beside it) and the web
// UI. `--if-stale` does nothing when no source is newer than the last build; `--programs` leaves the web UI out.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { openFileLock } from '@sluice/embedded-postgres'
import { buildPrograms } from './build/programs.ts'
import { buildWeb } from './build/web.ts'

const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist')
const { values: options } = parseArgs({
  options: { 'if-stale': { type: 'boolean' }, programs: { type: 'boolean' }, quiet: { type: 'boolean' } },
})

// Two commands that find the sources changed at the same moment build once.
mkdirSync(dist, { recursive: true })
using _ = await openFileLock(join(dist, '.lock'), { waitMs: 300_000 })
const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version

await buildWhenStale(
  'programs',
  '.stamp',
  (path) => !path.startsWith('apps/web/'),
  () => buildPrograms({ root, dist, version }),
)
if (options.programs !== true) {
  await buildWhenStale(
    'web UI',
    '.stamp-web',
    (path) => /^(apps\/web|packages)\//.test(path),
    () => buildWeb({ root, dist }),
  )
}

async function buildWhenStale(
  what: string,
  stamp: string,
  isSource: (path: string) => boolean,
  build: () => Promise<readonly string[] | undefined>,
): Promise<void> {
  const stampPath = join(dist, stamp)
  if (options['if-stale'] === true && !isStale(stampPath, isSource)) return
  const startedAt = new Date()
  let written: readonly string[] | undefined
  try {
    written = await build()
  } catch (error) {
    // The bundler has said what is wrong where.
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
    return
  }
  if (written === undefined) return
  removeOldFiles(new Set(written))
  // Sources that change while we build are newer than this.
  writeFileSync(stampPath, '')
  utimesSync(stampPath, startedAt, startedAt)
  if (options.quiet !== true) console.log(`Built the ${what} in ${Date.now() - startedAt.getTime()} ms.`)
}

function isStale(stampPath: string, isSource: (path: string) => boolean): boolean {
  if (!existsSync(stampPath)) return true
  const builtAt = statSync(stampPath).mtimeMs
  const inputs = [...['packages', 'apps', 'scripts/build'].flatMap(listSources), 'scripts/build.ts', 'package-lock.json']
  return inputs.some((path) => isSource(path) && statSync(join(root, path)).mtimeMs > builtAt)
}

function listSources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return ['node_modules', 'dist', 'testdata'].includes(entry.name) ? [] : listSources(path)
    return /\.(tsx?|css|html|json|svg)$/.test(entry.name) && !/\.(test|e2e)\.tsx?$/.test(entry.name) ? [path] : []
  })
}

/** Files of earlier builds, and what was compiled of them. A program that still runs may load one of them, so the last day's stay. */
function removeOldFiles(written: ReadonlySet<string>): void {
  const dayAgoMs = Date.now() - 24 * 3_600_000
  const compiled = join(dist, '.compile-cache')
  for (const name of existsSync(compiled) ? readdirSync(compiled, { recursive: true, encoding: 'utf8' }) : []) {
    const path = join(compiled, name)
    const isCurrent = written.has(name.replace(/\.cjs-.*$/, '.cjs'))
    // What is still in use is compiled and written again.
    if (!isCurrent && statSync(path).isFile() && statSync(path).mtimeMs < dayAgoMs) rmSync(path)
  }
  for (const name of readdirSync(dist)) {
    const path = join(dist, name)
    if (!/\.c?js(\.map)?$/.test(name) || written.has(relative(dist, path))) continue
    if (statSync(path).mtimeMs < dayAgoMs) rmSync(path)
  }
}
