import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DatabaseTaskStep, TaskSpec } from '@sluice/contract'
import { openTestRunner } from '../protocol/testing/test-runner.ts'
import { create, openTestShop, stepsOf } from '../protocol/testing/test-shop.ts'

/** The steps of a task that are all of the database kind. */
function databaseSteps(task: TaskSpec): DatabaseTaskStep[] {
  return task.steps.map((step) => {
    ok(step.kind === 'database')
    return step
  })
}

const place = { orgIdentifier: 'default', projectIdentifier: 'default' }

describe('planning a group', () => {
  it('carries connections and references, and no value of a secret', async (test) => {
    const shop = await openTestShop(test)
    const delegate = await shop.delegate()
    await shop.run([{ steps: ['dev', 'dev2'] }])
    const { task } = await delegate.accept(await delegate.nextOffer())
    equal(task.groupPath, 'main/g1')
    deepEqual(task.scope, { org: 'default', project: 'default' })
    const [first, second] = databaseSteps(task)
    equal(first?.database.targetKey, 'postgresql://db1:5432/shop')
    equal(second?.database.targetKey, first?.database.targetKey)
    deepEqual(first?.database.username, { kind: 'literal', text: 'shop' })
    deepEqual(task.secrets, [
      {
        slot: 's1',
        secretId: 'pw',
        scope: { org: 'default', project: 'default' },
        version: 1,
        type: 'SecretText',
        source: { kind: 'env', variable: 'SHOP_PASSWORD' },
        use: 'databasePassword',
        audience: 'postgresql://db1:5432/shop',
      },
    ])
    deepEqual(first?.source.revision, { kind: 'branch', name: 'main' })
    equal(first?.source.sourceKey, second?.source.sourceKey)
  })

  it('later steps of an execution get the commit that an earlier one resolved', async (test) => {
    const shop = await openTestShop(test)
    const delegate = await shop.delegate()
    await shop.run([{ steps: ['dev', 'prod'] }, { steps: ['dev'] }])
    const first = openTestRunner(shop.url, await delegate.accept(await delegate.nextOffer()))
    const order = await first.nextOrder()
    equal(order.pinnedCommit, undefined)
    match(order.anchorTag, /^sluice-[0-9a-z]{26}-[0-9a-z]{26}$/)
    await first.runStep(order)
    const next = await first.nextOrder()
    equal(next.pinnedCommit, 'c0ffee')
    equal('sourceKey' in next, false)
    await first.runStep(next)
    await first.runAll()
    const second = openTestRunner(shop.url, await delegate.accept(await delegate.nextOffer()))
    equal((await second.nextOrder()).pinnedCommit, 'c0ffee')
  })

  it('says all that is missing at once, and the group has failed', async (test) => {
    const shop = await openTestShop(test)
    await create(shop.server, 'secrets', { identifier: 'unset', ...place, spec: { provider: 'sealed' } })
    await create(shop.server, 'connectors', {
      identifier: 'unset_db',
      ...place,
      type: 'Jdbc',
      spec: {
        connectionUrl: 'jdbc:postgresql://db3/shop',
        auth: { type: 'UsernamePassword', spec: { username: 'u', passwordRef: 'unset' } },
      },
    })
    await create(shop.server, 'db-instances', { identifier: 'unset', dbSchema: 'shop', connector: 'unset_db', branch: 'main' })
    const { pool } = shop.server.app.context.store
    const executionId = await shop.run([{ steps: ['unset'] }])
    const view = await shop.until(executionId, 'Failed')
    ok(JSON.stringify(view).includes('SECRET_HAS_NO_VALUE'))
    deepEqual(
      stepsOf(view).map((step) => step.state),
      ['Skipped'],
    )
    await pool.query(`delete from entities where identifier in ('dev', 'prod_db')`)
    const missing = await shop.until(await shop.run([{ steps: ['unset', 'unset'] }]), 'Failed')
    ok(JSON.stringify(missing).includes('SECRET_HAS_NO_VALUE'))
  })

  it('is refused while the module is off', async (test) => {
    const shop = await openTestShop(test)
    const { pool } = shop.server.app.context.store
    const delegate = await shop.delegate()
    const executionId = await shop.run([{ steps: ['dev'] }, { steps: ['prod'] }])
    const runner = openTestRunner(shop.url, await delegate.accept(await delegate.nextOffer()))
    await shop.server.call('PATCH', '/api/v1/settings', { body: { DBOPS_ENABLED: false } })
    await runner.runAll()
    await shop.until(executionId, 'Failed')
    const { rows } = await pool.query<{ state: unknown }>('select state from executions where id = $1', [executionId])
    ok(JSON.stringify(rows[0]?.state).includes('MODULE_DISABLED'))
  })

  it('only delegates with all tags and the right scope are asked, and the trace says why the others are not', async (test) => {
    const shop = await openTestShop(test)
    const plain = await shop.delegate({ name: 'plain' })
    const executionId = await shop.run([{ steps: ['dev'], selectors: ['eu', 'prod'] }])
    deepEqual(await plain.poll(), [])
    await plain.heartbeat()
    const trace = async () => {
      const { body } = await shop.server.call('GET', `/api/v1/executions/${executionId}/selection`)
      return (body.tasks as { message: string; delegates: { name: string; fits: boolean; reasons: string[] }[] }[])[0]
    }
    deepEqual((await trace())?.delegates, [{ name: 'plain', fits: false, reasons: ['It lacks the tags "eu", "prod".'] }])
    const tagged = await shop.delegate({ name: 'tagged', tags: ['prod', 'eu', 'x'] })
    await tagged.heartbeat([], { free: 0 })
    deepEqual((await trace())?.delegates[1]?.reasons, ['It has no free place: 0 attempts are running on it.'])
    const draining = async (is: boolean) =>
      shop.server.call('PATCH', `/api/v1/delegates/${tagged.delegateId}`, { body: { draining: is } })
    await draining(true)
    deepEqual((await trace())?.delegates[1]?.reasons, ['It is draining: it takes no new work.'])
    await draining(false)
    await shop.server.call('PATCH', `/api/v1/delegates/${plain.delegateId}`, { body: { revoked: true } })
    ok((await trace())?.delegates[0]?.reasons.includes('It was revoked.'))
    equal((await tagged.nextOffer()).type, 'offer')
  })
})
