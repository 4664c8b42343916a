// Measures the bundles in dist/ and writes docs/figures.md. `--only NAME` runs one benchmark, `--quick` short rounds; both only print.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { benchDispatch } from './dispatch.ts'
import { createEngineBench } from './engine.ts'
import { readEnvironment } from './environment.ts'
import type { Bench, BenchResult } from './figures.ts'
import { benchNoOpPipeline } from './no-op-pipeline.ts'
import { benchProcesses } from './processes.ts'
import { renderFigures } from './render-figures.ts'
import { checkoutDir } from './support/peers.ts'

const benches: Readonly<Record<string, Bench>> = {
  dispatch: benchDispatch,
  'no-op-pipeline': benchNoOpPipeline,
  processes: benchProcesses,
  engine: createEngineBench('postgresql'),
  'engine-mariadb': createEngineBench('mariadb'),
  'engine-sqlite': createEngineBench('sqlite'),
}

const { values: options } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } } })
const chosen = Object.entries(benches).filter(([name]) => options.only === undefined || options.only === name)
if (chosen.length === 0) {
  console.error(`There is no benchmark "${options.only ?? ''}". There are: ${Object.keys(benches).join(', ')}.`)
  process.exit(2)
}
const built = spawnSync(process.execPath, [join(checkoutDir, 'scripts/build.ts'), '--if-stale'], { stdio: 'inherit' })
if (built.status !== 0) process.exit(1)

const environment = await readEnvironment()
const results: BenchResult[] = []
for (const [, bench] of chosen) results.push(await bench({ isQuick: options.quick, say: (text) => console.error(text) }))

const text = renderFigures(environment, results)
console.log(text)
if (options.only === undefined && !options.quick) writeFileSync(join(checkoutDir, 'docs/figures.md'), text)
