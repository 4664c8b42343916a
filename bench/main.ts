// Measures the bundles in dist/ and writes docs/figures.md. `--only NAME` runs one benchmark and only prints, with `--write` it replaces that
// one's figures; `--quick` (short rounds) only prints.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { benchDispatch } from './dispatch.ts'
import { createEngineBench } from './engine.ts'
import { readEnvironment } from './environment.ts'
import type { Bench } from './figures.ts'
import { benchKubernetes } from './kubernetes.ts'
import { type MeasuredResult, readLastFigures, writeLastFigures } from './last-figures.ts'
import { benchNoOpPipeline } from './no-op-pipeline.ts'
import { benchProcesses } from './processes.ts'
import { renderFigures } from './render-figures.ts'
import { checkoutDir } from './support/peers.ts'

const benches: Readonly<Record<string, Bench>> = {
  dispatch: benchDispatch,
  'no-op-pipeline': benchNoOpPipeline,
  kubernetes: benchKubernetes,
  processes: benchProcesses,
  engine: createEngineBench('postgresql'),
  'engine-mariadb': createEngineBench('mariadb'),
  'engine-sqlite': createEngineBench('sqlite'),
}

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
})
const chosen = Object.entries(benches).filter(([name]) => options.only === undefined || options.only === name)
if (chosen.length === 0) {
  console.error(`There is no benchmark "${options.only ?? ''}". There are: ${Object.keys(benches).join(', ')}.`)
  process.exit(2)
}
const built = spawnSync(process.execPath, [join(checkoutDir, 'scripts/build.ts'), '--if-stale'], { stdio: 'inherit' })
if (built.status !== 0) process.exit(1)

const environment = await readEnvironment()
const results: Record<string, MeasuredResult> = {}
for (const [name, bench] of chosen) {
  const result = await bench({ isQuick: options.quick, say: (text) => console.error(text) })
  if (result !== undefined) results[name] = { environment, result }
}

console.log(renderFigures(Object.values(results)))
if (!options.quick && (options.only === undefined || options.write)) {
  const measured = { ...readLastFigures(), ...results }
  const figures = Object.fromEntries(
    Object.keys(benches).flatMap((name) => (measured[name] === undefined ? [] : [[name, measured[name]]])),
  )
  writeLastFigures(figures)
  writeFileSync(join(checkoutDir, 'docs/figures.md'), renderFigures(Object.values(figures)))
}
