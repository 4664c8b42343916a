import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { entityEndpoints, executionEndpoints, operationEndpoints } from '@sluice/contract'
import { waitFor } from '@sluice/testkit'
import pg from 'pg'
import { failuresOf, stepOf } from '../support/execution-steps.ts'
import { type Installation, openInstallation } from '../support/installation.ts'
import { databaseStep, pipelineYaml, stage } from '../support/pipeline-yaml.ts'
import { runCli } from '../support/run-cli.ts'
import { instanceEntities } from '../support/shop-entities.ts'
import type { TestRepository } from '../support/test-repository.ts'
import { openTestTarget, type TestTarget } from '../support/test-target.ts'

const gated = (id: string): string => `--changeset ada:${id}\nSELECT pg_advisory_xact_lock(1);\nCREATE TABLE t_${id} (id int);\n`

void describe('delegates that are not there, not allowed any more, and the switch of the module', () => {
  let sluice: Installation
  let target: TestTarget
  let repository: TestRepository
  let holder: pg.Client

  before(async () => {
    target = await openTestTarget()
    sluice = await openInstallation({
      timeScale: 20,
      delegateEnv: { SHOP_PASSWORD: target.password },
      policy: (dir) => `git: { allowLocalPaths: [${JSON.stringify(dir)}] }\nsecrets: { env: [SHOP_PASSWORD] }\n`,
    })
    repository = sluice.createRepository('shop')
    repository.commit({ 'changelog.sql': `--liquibase formatted sql\n${gated('1')}` })
    await sluice.apply(
      instanceEntities({
        name: 'shop',
        repositoryDir: repository.dir,
        target,
        secretSpec: '{ provider: env, variable: SHOP_PASSWORD }',
      }),
    )
    await sluice.apply(
      pipelineYaml('two_stages', [stage('one', [databaseStep('a', 'shop')]), stage('two', [databaseStep('b', 'shop')])]),
    )
    holder = new pg.Client({ connectionString: target.database.url })
    await holder.connect()
  })
  after(async () => {
    await holder?.end()
    await sluice?.[Symbol.asyncDispose]()
    await target?.close()
  })

  const closeGate = (): Promise<unknown> => holder.query('select pg_advisory_lock(1)')
  const openGate = (): Promise<unknown> => holder.query('select pg_advisory_unlock(1)')
  const someoneWaits = (): Promise<unknown> =>
    waitFor(
      async () =>
        (await holder.query("select 1 from pg_locks where locktype = 'advisory' and objid = 1 and not granted")).rowCount,
      { timeoutMs: 30_000, what: 'a changeset to wait at the gate' },
    )
  const tables = async (): Promise<unknown[]> =>
    (await target.query("select tablename from pg_tables where tablename like 't\\_%' order by 1")).map(
      ({ tablename }) => tablename,
    )

  void test('a pipeline without any delegate waits and says so, and runs as soon as one is there', async () => {
    const id = await sluice.run('shop_pipeline')
    const task = await waitFor(
      async () => (await sluice.client.call(executionEndpoints.selection, { params: { executionId: id } })).tasks[0],
      { what: 'the task to wait' },
    )
    assert.match(task.message, /No delegate is enrolled.*sluice delegate start/)
    assert.deepEqual(task.delegates, [])
    const shown = await runCli(sluice, ['execution', 'show', id, '--selection'])
    assert.match(shown.stdout, /No delegate is enrolled/)
    await sluice.startDelegate()
    const execution = await sluice.waitForExecution(id)
    assert.equal(execution.state, 'Succeeded', failuresOf(execution))
    assert.deepEqual(await tables(), ['t_1'])
  })

  void test('with the module switched off its API and its next steps refuse, and what is stored stays', async () => {
    repository.commit({ 'changelog.sql': `--liquibase formatted sql\n${gated('1')}${gated('2')}` })
    await closeGate()
    const id = await sluice.run('two_stages')
    await someoneWaits()
    await sluice.client.call(operationEndpoints.updateSettings, { body: { DBOPS_ENABLED: false } })
    for (const call of [
      () => sluice.run('shop_pipeline'),
      () => sluice.client.call(entityEndpoints.dbInstance.list, { query: {} }),
      () => sluice.client.call(operationEndpoints.targets, { query: {} }),
    ])
      await assert.rejects(call(), (error: { code?: string }) => error.code === 'MODULE_DISABLED')
    // The step that runs goes on: it holds a permit. The next one does not begin.
    await openGate()
    const execution = await sluice.waitForExecution(id)
    assert.equal(execution.state, 'Failed')
    assert.equal(stepOf(execution, 'a').state, 'Succeeded')
    assert.match(failuresOf(execution), /MODULE_DISABLED/)
    assert.equal(stepOf(execution, 'b').permit, undefined)
    await sluice.client.call(operationEndpoints.updateSettings, { body: { DBOPS_ENABLED: true } })
    const { items } = await sluice.client.call(entityEndpoints.dbInstance.list, {
      query: { orgIdentifier: 'default', projectIdentifier: 'default' },
    })
    assert.deepEqual(
      items.map(({ spec }) => spec['identifier']),
      ['shop_instance'],
    )
    const again = await sluice.waitForExecution(await sluice.run('two_stages'))
    assert.equal(again.state, 'Succeeded', failuresOf(again))
  })

  void test('a delegate that is revoked gets no new work; what it began, it ends and reports', async () => {
    repository.commit({ 'changelog.sql': `--liquibase formatted sql\n${gated('1')}${gated('2')}${gated('3')}` })
    await closeGate()
    const running = await sluice.run('shop_pipeline')
    await someoneWaits()
    const [delegate] = (await sluice.client.call(operationEndpoints.delegates, { query: {} })).items
    await sluice.client.call(operationEndpoints.updateDelegate, {
      params: { delegateId: delegate?.id ?? '' },
      body: { revoked: true },
    })
    const waiting = await sluice.run('shop_pipeline')
    await openGate()
    const execution = await sluice.waitForExecution(running)
    assert.equal(execution.state, 'Succeeded', failuresOf(execution))
    assert.deepEqual(await tables(), ['t_1', 't_2', 't_3'])
    const { tasks } = await sluice.client.call(executionEndpoints.selection, { params: { executionId: waiting } })
    assert.match(tasks[0]?.delegates[0]?.reasons.join() ?? '', /revoked/)
    await sluice.client.call(executionEndpoints.cancel, { params: { executionId: waiting }, body: {} })
    assert.equal((await sluice.waitForExecution(waiting)).state, 'Cancelled')
  })
})
