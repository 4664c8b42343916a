import { createId } from '@sluice/base'
import { openTestDatabase, type TestDatabase } from '@sluice/testkit'
import type { KubeInstallation } from '../../tests/support/kube-installation.ts'
import { databaseStep, pipelineYaml, stage, stepGroup } from '../../tests/support/pipeline-yaml.ts'
import { copyShopChangelog, shopChangelog } from '../support/shop.ts'

type Json = Record<string, unknown>

const place = { orgIdentifier: 'default', projectIdentifier: 'default' }

/** Databases with step groups that wait in them, each `<name>_instance`. */
export interface Crowd extends AsyncDisposable {
  readonly names: readonly string[]
  /** Lets all changesets end. */
  release(): Promise<void>
}

/** The cluster's connector and the target's password. */
export async function setUpCluster({ installation }: KubeInstallation): Promise<void> {
  await apply(installation, [
    { connector: { identifier: 'cluster', ...place, type: 'K8sCluster', spec: { credential: { type: 'InheritFromDelegate' } } } },
    { secret: { identifier: 'password', ...place, spec: { provider: 'sealed' } } },
  ])
}

/** The example shop on the target, as the database schema "shop". */
export async function setUpShop(kube: KubeInstallation): Promise<void> {
  const repository = kube.installation.createRepository('shop')
  copyShopChangelog(repository.dir)
  repository.commit({})
  await apply(kube.installation, [
    ...schemaEntities(kube, 'shop', shopChangelog),
    ...instanceEntities(kube, 'shop', 'shop', kube.jdbcUrl),
  ])
  await kube.installation.setSecret('password', kube.target.password, [kube.jdbcUrl])
}

/** Databases whose one changeset waits for a role to exist, which all databases of a server share; for five minutes at the longest. */
export async function setUpCrowd(kube: KubeInstallation, size: number): Promise<Crowd> {
  const { installation, target, jdbcUrl } = kube
  const role = createId('go')
  const wait = `do $$ declare n int := 0; begin
  while n < 300 and not exists (select 1 from pg_roles where rolname = '${role}') loop perform pg_sleep(1); n := n + 1; end loop;
end $$`
  installation.createRepository('crowd').commit({
    'changelog.sql': `--liquibase formatted sql\n--changeset bench:wait splitStatements:false\n${wait}\n--rollback empty\n`,
  })
  const databases: TestDatabase[] = []
  const close = async (): Promise<void> => {
    await target.query(`drop role if exists "${role}"`)
    for (const database of databases) await database.drop()
  }
  try {
    for (let count = 0; count < size; count++) {
      const database = await openTestDatabase()
      databases.push(database)
      // The migrating role's own, with its schema.
      await target.query(`alter database "${database.name}" owner to "${target.user}"`)
    }
    const urls = databases.map(({ name }) => jdbcUrl.replace(/[^/]+$/, name))
    const names = urls.map((_, index) => `crowd_${String(index + 1)}`)
    await apply(installation, [
      ...schemaEntities(kube, 'crowd', 'changelog.sql'),
      ...urls.flatMap((url, index) => instanceEntities(kube, names[index] ?? '', 'crowd', url)),
    ])
    await installation.setSecret('password', target.password, [jdbcUrl, ...urls])
    return {
      names,
      release: async () => {
        await target.query(`create role "${role}"`)
      },
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** A pipeline of one stage with a step group for each instance, side by side, each in a pod of its own. */
export async function createGroups(
  { installation }: KubeInstallation,
  identifier: string,
  instances: readonly string[],
  step: { readonly spec?: Json } = {},
): Promise<void> {
  const groups = instances.map((name, index) =>
    stepGroup(
      `group_${String(index + 1)}`,
      [databaseStep('apply', schemaOf(name), { spec: { ...step.spec, dbInstance: `${name}_instance` } })],
      {
        stepGroupInfra: { type: 'KubernetesDirect', spec: { connectorRef: 'cluster', initTimeout: '5m' } },
      },
    ),
  )
  await installation.apply(pipelineYaml(identifier, [stage('main', groups.length === 1 ? groups : [{ parallel: groups }])]))
}

function schemaOf(instance: string): string {
  return instance.startsWith('crowd_') ? 'crowd' : instance
}

function schemaEntities(kube: KubeInstallation, name: string, location: string): Json[] {
  const git = `${name}_git`
  return [
    { connector: { identifier: git, ...place, type: 'Git', spec: { url: kube.gitUrl(name) } } },
    { dbSchema: { identifier: name, ...place, migrationType: 'Liquibase', changelog: { connector: git, location } } },
  ]
}

function instanceEntities(kube: KubeInstallation, name: string, dbSchema: string, connectionUrl: string): Json[] {
  const auth = { type: 'UsernamePassword', spec: { username: kube.target.user, passwordRef: 'password' } }
  const connector = `${name}_db`
  return [
    { connector: { identifier: connector, ...place, type: 'Jdbc', spec: { connectionUrl, auth } } },
    { dbInstance: { identifier: `${name}_instance`, ...place, dbSchema, connector, branch: 'main', context: 'dev' } },
  ]
}

async function apply(installation: KubeInstallation['installation'], entities: readonly Json[]): Promise<void> {
  await installation.apply(entities.map((entity) => JSON.stringify(entity)).join('\n---\n'))
}
