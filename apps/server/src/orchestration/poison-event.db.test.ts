import { equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import { openTestRunner } from '../protocol/testing/test-runner.ts'
import { openTestShop } from '../protocol/testing/test-shop.ts'

describe('an event that cannot be advanced', () => {
  it('is put aside with a note, and holds nothing else up', async (test) => {
    const errors: string[] = []
    const logger = {
      debug: () => {},
      info: () => {},
      warn: () => {},
      error: (_: unknown, message: string) => errors.push(message),
    }
    const shop = await openTestShop(test, { logger })
    const { pool } = shop.server.app.context.store
    const delegate = await shop.delegate()
    const poisoned = await shop.run([{ steps: ['dev'] }])
    const offer = await delegate.nextOffer()
    await pool.query(`insert into execution_events (execution_id, event) values ($1, 'null')`, [poisoned])
    await openTestRunner(shop.url, await delegate.accept(offer)).runAll()
    await shop.until(poisoned, 'Succeeded')
    const other = await shop.run([{ steps: ['prod'] }])
    await openTestRunner(shop.url, await delegate.accept(await delegate.nextOffer())).runAll()
    await shop.until(other, 'Succeeded')
    const parked = await waitFor(
      async () => {
        const { rows } = await pool.query<{ tries: number; error: string }>(
          'select tries, error from execution_events where parked',
        )
        return rows[0]
      },
      { timeoutMs: 20_000 },
    )
    equal(parked.tries, 5)
    ok((await shop.view(poisoned)).notes.some((note) => note.includes('put aside')))
    ok(errors.some((message) => message.includes('put aside')))
  })
})
