import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { ExecutionView } from '@sluice/contract'
import { skipWithoutKube, waitFor } from '@sluice/testkit'
import { stepsOf } from '../support/execution-steps.ts'
import { type KubeInstallation, openKubeInstallation } from '../support/kube-installation.ts'
import type { TestRepository } from '../support/test-repository.ts'

const head = 'orgIdentifier: default, projectIdentifier: default'
const isFull = process.env['SLUICE_TEST_FULL'] === '1'
const rounds = isFull ? 5 : 1

/** When a delegate is killed: as soon as the cluster or the target shows it. */
const moments = isFull ? (['start', 'anchor', 'secrets', 'pod', 'running'] as const) : (['anchor', 'running'] as const)
type Moment = (typeof moments)[number] | 'start' | 'secrets' | 'pod'

describe('after a crash', { skip: skipWithoutKube() }, () => {
  let lab: KubeInstallation
  let repository: TestRepository
  let changelog = '--liquibase formatted sql\n'
  let count = 0

  before(async () => {
    lab = await openKubeInstallation()
    const { installation, jdbcUrl, target } = lab
    await target.query('create table hits (n int)')
    await target.query(`grant all on hits to "${target.user}"`)
    repository = installation.createRepository('shop')
    repository.commit({ 'changelog.sql': changelog })
    await installation.apply(`
secret: { identifier: password, ${head}, spec: { provider: sealed } }
---
connector: { identifier: k8s, ${head}, type: K8sCluster, spec: { credential: { type: InheritFromDelegate } } }
---
connector: { identifier: git, ${head}, type: Git, spec: { url: ${lab.gitUrl('shop')} } }
---
connector:
  identifier: db
  orgIdentifier: default
  projectIdentifier: default
  type: Jdbc
  spec: { connectionUrl: "${jdbcUrl}", auth: { type: UsernamePassword, spec: { username: ${target.user}, passwordRef: password } } }
---
dbSchema: { identifier: shop, migrationType: Liquibase, changelog: { connector: git, location: changelog.sql } }
---
dbInstance: { identifier: shop_instance, dbSchema: shop, connector: db, branch: main }
---
pipeline:
  identifier: deploy
  orgIdentifier: default
  projectIdentifier: default
  stages:
    - stage:
        identifier: main
        type: Custom
        spec:
          execution:
            steps:
              - stepGroup:
                  identifier: pod
                  stepGroupInfra: {type: KubernetesDirect, spec: {connectorRef: k8s, initTimeout: 2m}}
                  steps:
                    - step: {identifier: apply, type: DBSchemaApply, spec: {dbSchema: shop, dbInstance: shop_instance}}
`)
    await installation.setSecret('password', target.password, [jdbcUrl])
  })
  after(() => lab?.[Symbol.asyncDispose]())

  const items = async (path: string): Promise<{ metadata: { name: string } }[]> => {
    const query = { labelSelector: 'app.kubernetes.io/managed-by=sluice' }
    return (await lab.kube.admin.insist<{ items: { metadata: { name: string } }[] }>('GET', path, { query })).body.items
  }
  const core = (kind: string): string => `/api/v1/namespaces/${lab.namespace}/${kind}`
  const leases = (): string => `/apis/coordination.k8s.io/v1/namespaces/${lab.namespace}/leases`
  const isSleeping = async (): Promise<boolean> => {
    const sql = `select 1 from pg_stat_activity where query like '%pg_sleep%' and usename = $1 and state = 'active'`
    return (await lab.target.query(sql, [lab.target.user])).length > 0
  }
  const isAt: Readonly<Record<Moment, () => Promise<boolean>>> = {
    start: async () => true,
    anchor: async () => (await items(leases())).length > 0,
    secrets: async () => (await items(core('secrets'))).length > 0,
    pod: async () => (await items(core('pods'))).length > 0,
    running: isSleeping,
  }
  /** Starts an execution that writes one row and then takes a few seconds. */
  const start = async (): Promise<{ id: string; n: number }> => {
    const n = ++count
    changelog += `--changeset ada:${String(n)}\ninsert into hits values (${String(n)});\nselect pg_sleep(4);\n`
    repository.commit({ 'changelog.sql': changelog })
    return { id: await lab.installation.run('deploy'), n }
  }
  const reach = (moment: Moment): Promise<unknown> => waitFor(isAt[moment], { timeoutMs: 60_000, intervalMs: 5 })
  const hitsOf = async (n: number): Promise<number> =>
    Number((await lab.target.query('select count(*)::int as n from hits where n = $1', [n]))[0]?.['n'])
  const isClean = async (): Promise<boolean> => {
    const left = await Promise.all([leases(), core('pods'), core('secrets')].map(items))
    return left.flat().length === 0
  }
  const describeFailure = (view: ExecutionView): string =>
    `${JSON.stringify(view, null, 1)}\n${lab.installation.delegate?.output.slice(-3000) ?? ''}`

  for (const moment of moments) {
    it(`of a delegate at "${moment}" the work is done, once, by its successor`, async () => {
      for (let round = 0; round < rounds; round++) {
        const { id, n } = await start()
        await reach(moment)
        await lab.installation.delegate?.killGroup('SIGKILL')
        await lab.installation.startDelegate()
        const view = await lab.installation.waitForExecution(id, { timeoutMs: 150_000 })
        equal(view.state, 'Succeeded', describeFailure(view))
        equal(await hitsOf(n), 1)
        await waitFor(isClean, { timeoutMs: 60_000, what: 'the objects of the attempt to be gone' })
      }
    })
  }

  it('of a runner that works, nothing is called a success, and nothing of it is left', async () => {
    const { id } = await start()
    await reach('running')
    const [pod] = await items(core('pods'))
    await lab.kube.admin.call('DELETE', `${core('pods')}/${pod?.metadata.name ?? ''}`, { body: { gracePeriodSeconds: 0 } })
    const view = await lab.installation.waitForExecution(id, { timeoutMs: 120_000 })
    notEqual(view.state, 'Succeeded', describeFailure(view))
    const [step] = stepsOf(view)
    notEqual(step?.state, 'Succeeded')
    deepEqual([typeof step?.failure?.message, step?.failure?.message === ''], ['string', false], describeFailure(view))
    await waitFor(isClean, { timeoutMs: 60_000, what: 'the objects of the attempt to be gone' })
  })
})
