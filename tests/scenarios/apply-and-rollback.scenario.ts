import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { executionEndpoints } from '@sluice/contract'
import { type Installation, openInstallation } from '../support/installation.ts'
import { instanceEntities } from '../support/shop-entities.ts'
import type { TestRepository } from '../support/test-repository.ts'
import { openTestTarget, type TestTarget } from '../support/test-target.ts'

void describe('a changeset from Git reaches a database', () => {
  let sluice: Installation
  let target: TestTarget
  let repository: TestRepository

  before(async () => {
    ;[sluice, target] = await Promise.all([openInstallation(), openTestTarget()])
    await sluice.startDelegate()
    repository = sluice.createRepository('shop')
    repository.commit({
      'changelog.sql':
        '--liquibase formatted sql\n--changeset ada:1\nCREATE TABLE a (id int);\n--rollback DROP TABLE a;\n--changeset ada:2\nCREATE TABLE b (id int);\n--rollback DROP TABLE b;\n',
    })
    await sluice.apply(instanceEntities({ name: 'shop', repositoryDir: repository.dir, target }))
    await sluice.setSecret('shop_password', target.password, [target.jdbcUrl])
  })
  after(async () => {
    await sluice?.[Symbol.asyncDispose]()
    await target?.close()
  })

  void test('the pipeline applies it, records it and shows its log', async () => {
    const execution = await sluice.waitForExecution(await sluice.run('shop_pipeline'))
    assert.equal(execution.state, 'Succeeded', JSON.stringify(execution, null, 1))
    // On an empty history the anchor is Liquibase's own internal row; then come the changesets.
    const rows = await target.query('select id, author, tag from databasechangelog order by orderexecuted')
    assert.deepEqual(
      rows.slice(1).map((row) => row['id']),
      ['1', '2'],
    )
    assert.equal(rows[0]?.['author'], 'liquibase')
    const changesets = await sluice.client.call(executionEndpoints.changesets, {
      params: { executionId: execution.id },
      query: {},
    })
    assert.deepEqual(
      changesets.items.map((item) => [item.id, item.state]),
      [
        ['1', 'applied'],
        ['2', 'applied'],
      ],
    )
    const step = execution.stages[0]?.nodes[0]
    assert.ok(step?.kind === 'stepGroup')
    const [apply] = step.nodes
    assert.ok(apply?.kind === 'step' && apply.log !== undefined)
    assert.match(await sluice.readWholeLog(execution.id, apply.log.stream), /2 changesets applied to shop_instance/)
  })

  void test('running it again changes nothing and takes no target', async () => {
    const execution = await sluice.waitForExecution(await sluice.run('shop_pipeline'))
    assert.equal(execution.state, 'Succeeded')
    const node = execution.stages[0]?.nodes[0]
    const step = node?.kind === 'stepGroup' ? node.nodes[0] : undefined
    assert.ok(step?.kind === 'step')
    assert.equal(step.permit, undefined)
    assert.equal((await target.query('select count(*)::int as n from databasechangelog'))[0]?.['n'], 3)
  })
})
