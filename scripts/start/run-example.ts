import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { executionEndpoints } from '@sluice/contract'
import { runToEnd } from './child-process.ts'
import type { ControlPlane } from './control-plane.ts'
import type { ExampleDatabase } from './example-databases.ts'
import { say, sayStep } from './say.ts'

export interface ExampleRun {
  readonly id: string
  readonly state: string
  readonly appliedCount: number
}

/** Loads the example's entities, seals its passwords and runs its pipeline, with the commands that anybody would use. */
export async function runExample(options: {
  readonly checkout: string
  readonly dataDir: string
  readonly plane: ControlPlane
  readonly databases: readonly ExampleDatabase[]
  readonly repositoryDir: string
  readonly release: string
}): Promise<ExampleRun> {
  const { checkout, plane, databases, release } = options
  const cli = join(checkout, 'dist/cli.js')
  const sluice = (args: readonly string[], input?: string): Promise<string> =>
    runToEnd(process.execPath, [cli, ...args], { env: plane.cliEnv, ...(input === undefined ? {} : { input }) })

  sayStep('Loading the example project: connectors, secrets, a DB schema, three DB instances, a pipeline')
  const entities = writeEntities(options)
  const applied = JSON.parse(await sluice(['apply', '-f', entities, '--json'])) as { entities: { action: string }[] }
  const changed = applied.entities.filter(({ action }) => action !== 'unchanged').length
  say(`  ${String(applied.entities.length)} entities, ${changed === 0 ? 'all unchanged' : `${String(changed)} written`}`)
  for (const { name, newPassword } of databases) {
    if (newPassword === undefined) continue
    await sluice(['secret', 'set', `shop_${name}_password`, '--for', `shop_${name}_db`], newPassword)
    say(`  password of shop_${name} sealed to the delegate’s key`)
  }

  sayStep('Running the pipeline deploy_shop')
  await new Promise<void>((resolve, reject) => {
    const run = spawn(process.execPath, [cli, 'pipeline', 'run', 'deploy_shop', '--input', `release=${release}`, '--wait'], {
      env: plane.cliEnv,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    run.once('error', reject)
    run.once('exit', () => resolve())
  })
  const { items } = await plane.client.call(executionEndpoints.list, { query: { pipelineIdentifier: 'deploy_shop', limit: 1 } })
  const last = items[0]
  if (last === undefined) return { id: '', state: 'Failed', appliedCount: 0 }
  const changesets = await plane.client.call(executionEndpoints.changesets, {
    params: { executionId: last.id },
    query: { limit: 500 },
  })
  if (last.state !== 'Succeeded') say(await sluice(['execution', 'show', last.id]))
  const done = changesets.items.filter(({ state }) => state !== 'failed')
  for (const changeset of done)
    say(
      `  ${changeset.dbInstance.padEnd(16)} ${changeset.state.padEnd(8)} ${changeset.path}::${changeset.id}::${changeset.author}`,
    )
  return { id: last.id, state: last.state, appliedCount: done.length }
}

/** The example's entity files with its own addresses filled in. */
function writeEntities({
  checkout,
  dataDir,
  databases,
  repositoryDir,
}: {
  checkout: string
  dataDir: string
  databases: readonly ExampleDatabase[]
  repositoryDir: string
}): string {
  const values: Record<string, string> = { REPOSITORY: repositoryDir }
  for (const { name, port } of databases) values[`${name.toUpperCase()}_PORT`] = String(port)
  const source = join(checkout, 'examples/shop/entities')
  const target = join(dataDir, 'example/entities')
  mkdirSync(target, { recursive: true })
  for (const file of readdirSync(source)) {
    const text = readFileSync(join(source, file), 'utf8').replaceAll(
      /\$\{([A-Z_]+)\}/g,
      (whole, name: string) => values[name] ?? whole,
    )
    writeFileSync(join(target, file), text)
  }
  return target
}
