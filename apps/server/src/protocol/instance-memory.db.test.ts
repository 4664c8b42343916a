import { deepEqual, equal } from 'node:assert/strict'
import { it } from 'node:test'
import { systemClock } from '@sluice/base'
import { protocolEndpoints } from '@sluice/contract'
import { acceptAttempts, notify } from '@sluice/store'
import { waitFor } from '@sluice/testkit'
import { createInstanceMemory, type InstanceMemory } from './instance-memory.ts'
import { tell } from './testing/protocol-client.ts'
import { openTestShop, shopTimings, type TestShop } from './testing/test-shop.ts'

/** A memory as another server process has one, on the same database. */
function openOtherMemory(test: { after(work: () => void): void }, shop: TestShop): InstanceMemory {
  const { store, notifications } = shop.server.app.context
  const memory = createInstanceMemory({ store, notifications, timings: shopTimings, clock: systemClock })
  memory.start()
  test.after(() => memory.stop())
  return memory
}

it('an instance is remembered until a notification says that it has changed', async (test) => {
  const shop = await openTestShop(test)
  const delegate = await shop.delegate()
  const { pool } = shop.server.app.context.store
  const memory = openOtherMemory(test, shop)
  equal((await memory.find(delegate.instanceId))?.revoked, false)
  // Behind everybody's back: only what is remembered can still say otherwise.
  await pool.query('update delegates set revoked = true where id = $1', [delegate.delegateId])
  equal((await memory.find(delegate.instanceId))?.revoked, false)
  await notify(pool, 'sluice_task', `instance:${delegate.instanceId}`)
  await waitFor(async () => (await memory.find(delegate.instanceId))?.revoked === true)
})

it('a revocation counts with the next call to the server that made it, and soon after at the others', async (test) => {
  const shop = await openTestShop(test)
  const delegate = await shop.delegate()
  const memory = openOtherMemory(test, shop)
  await memory.find(delegate.instanceId)
  const beat = () =>
    tell(shop.url, protocolEndpoints.heartbeat, {
      token: delegate.accessToken,
      body: { bootId: delegate.bootId, version: '0.0.0-test', free: 1, draining: false, attempts: [] },
    })
  equal((await beat()).status, 200)
  await shop.server.call('PATCH', `/api/v1/delegates/${delegate.delegateId}`, { body: { revoked: true } })
  equal((await beat()).code, 'DELEGATE_REVOKED')
  await waitFor(async () => (await memory.find(delegate.instanceId))?.revoked === true)
})

it('offers that were not answered are looked up again, whoever made them', async (test) => {
  const shop = await openTestShop(test)
  const delegate = await shop.delegate()
  const memory = openOtherMemory(test, shop)
  deepEqual(await memory.readCommands(delegate.instanceId), [])
  await shop.run([{ steps: ['dev'] }])
  const offer = await delegate.nextOffer()
  // Here nothing was offered: what is remembered is stale for a moment, and not for longer.
  const [command] = await waitFor(async () => {
    const commands = await memory.readCommands(delegate.instanceId)
    return commands.length > 0 ? commands : undefined
  })
  equal(command?.attemptId, offer.attemptId)
  await delegate.accept(offer)
  deepEqual(await memory.readCommands(delegate.instanceId), [])
})

it('of several accepts in one statement each gets its own, and nobody another one’s', async (test) => {
  const shop = await openTestShop(test)
  const [first, second] = [await shop.delegate({ name: 'first' }), await shop.delegate({ name: 'second' })]
  await shop.run([{ steps: ['dev'] }])
  await shop.run([{ steps: ['prod'] }])
  const [one, two] = await Promise.all([first.nextOffer(), second.nextOffer()])
  const { pool } = shop.server.app.context.store
  const input = { leaseMs: 60_000, at: Date.now() }
  const accept = (offer: typeof one, by: typeof first) => ({
    ...input,
    attemptId: offer.attemptId,
    epoch: offer.epoch,
    instanceId: by.instanceId,
    bootId: by.bootId,
  })
  const answers = await acceptAttempts(pool, [accept(one, second), accept(one, first), accept(two, second), accept(two, first)])
  deepEqual(
    answers.map((answer) => answer?.attemptId),
    [undefined, one.attemptId, two.attemptId, undefined],
  )
  const { rows } = await pool.query<{ count: number }>(`select count(*)::integer as count from attempts where state = 'accepted'`)
  equal(rows[0]?.count, 2)
})
