import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Installation } from '../../tests/support/installation.ts'
import type { BenchDatabase } from './bench-postgres.ts'
import { checkoutDir } from './peers.ts'

export const shopInstances = ['dev', 'staging', 'production'] as const
export type ShopInstance = (typeof shopInstances)[number]
export const shopChangelog = 'db/changelog.yaml'

/** The example's changelog in a folder, for the command lines. */
export function copyShopChangelog(folder: string): void {
  cpSync(join(checkoutDir, 'examples/shop/repository'), folder, { recursive: true })
}

/** The example's entities on an installation, for databases of a benchmark, with pipelines that only apply. */
export async function setUpShop(
  installation: Installation,
  databases: Readonly<Record<ShopInstance, BenchDatabase>>,
): Promise<{ readonly stages: string; readonly parallel: string }> {
  const repository = installation.createRepository('shop')
  copyShopChangelog(repository.dir)
  repository.commit({})
  const entities = (file: string): string => readFileSync(join(checkoutDir, 'examples/shop/entities', file), 'utf8')
  const connectors = entities('20-connectors.yaml').replaceAll('${REPOSITORY}', JSON.stringify(repository.dir))
  const ours = shopInstances.reduce((text, name) => {
    const { jdbcUrl, user } = databases[name]
    const port = `jdbc:postgresql://127.0.0.1:\${${name.toUpperCase()}_PORT}/shop`
    return text.replace(port, jdbcUrl).replace(`username: shop_${name},`, `username: ${user},`)
  }, connectors)
  for (const text of [entities('10-secrets.yaml'), ours, entities('30-schema.yaml')]) await installation.apply(text)
  for (const name of shopInstances)
    await installation.setSecret(`shop_${name}_password`, databases[name].password, [databases[name].jdbcUrl])
  const stages = shopInstances.map((name) => stage(name, [group('database', step(name))]))
  await installation.apply(pipeline('bench_stages', stages))
  const steps = shopInstances.map((name) => `    - ${indent(step(name), 6)}`)
  await installation.apply(
    pipeline('bench_parallel', [
      stage('all', [`stepGroup:\n  identifier: database\n  name: database\n  steps:\n  - parallel:\n${steps.join('\n')}`]),
    ]),
  )
  return { stages: 'bench_stages', parallel: 'bench_parallel' }
}

const step = (name: ShopInstance): string =>
  [
    'step:',
    `  identifier: apply_${name}`,
    `  name: apply ${name}`,
    '  type: DBSchemaApply',
    '  timeout: 10m',
    `  spec: { migrationType: Liquibase, dbSchema: shop, dbInstance: shop_${name} }`,
  ].join('\n')

const group = (name: string, content: string): string =>
  `stepGroup:\n  identifier: ${name}\n  name: ${name}\n  steps:\n  - ${indent(content, 4)}`

const stage = (name: string, groups: readonly string[]): string =>
  [
    'stage:',
    `  identifier: ${name}`,
    `  name: ${name}`,
    '  type: Custom',
    '  spec:',
    '    execution:',
    '      steps:',
    ...groups.map((text) => `      - ${indent(text, 8)}`),
  ].join('\n')

const pipeline = (name: string, stages: readonly string[]): string =>
  [
    'pipeline:',
    `  identifier: ${name}`,
    `  name: ${name}`,
    '  orgIdentifier: default',
    '  projectIdentifier: default',
    '  stages:',
    ...stages.map((text) => `  - ${indent(text, 4)}`),
    '',
  ].join('\n')

function indent(text: string, by: number): string {
  return text.replaceAll('\n', `\n${' '.repeat(by)}`)
}
