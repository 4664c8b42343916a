import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { silentLogger } from '@sluice/base'
import { createServer, type Server } from '../create-server.ts'
import { openTestRunner } from '../protocol/testing/test-runner.ts'
import { openTestShop, shopTimings, type TestShop } from '../protocol/testing/test-shop.ts'
import type { TestDelegate } from '../protocol/testing/test-delegate.ts'

/** Another server on the same database. */
async function openSecond(shop: TestShop, test: { after(work: () => Promise<void>): void }): Promise<Server> {
  const { config } = shop.server.app.context
  const second = createServer(config, { logger: silentLogger })
  test.after(() => second.stop())
  await second.start()
  return second
}

/** Takes offers and runs them until the signal fires; tries again whatever happens. */
async function work(delegate: TestDelegate, urls: readonly string[], stop: AbortSignal): Promise<number> {
  let done = 0
  for (let turn = 0; !stop.aborted; turn++) {
    delegate.url = urls[turn % urls.length] ?? delegate.url
    try {
      for (const command of await delegate.poll({ signal: stop })) {
        if (command.type !== 'offer') continue
        const runner = openTestRunner(urls[(turn + 1) % urls.length] ?? '', await delegate.accept(command))
        await runner.runAll()
        done += 1
      }
    } catch {
      if (!stop.aborted) await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return done
}

describe('several servers on one database', () => {
  it('share executions, delegates and runners between them', async (test) => {
    const shop = await openTestShop(test)
    const second = await openSecond(shop, test)
    const stop = new AbortController()
    const delegates = await Promise.all([shop.delegate(), shop.delegate(), shop.delegate()])
    const working = delegates.map((delegate) => work(delegate, [shop.url, second.url], stop.signal))
    const ids: string[] = []
    for (let index = 0; index < 6; index++) ids.push(await shop.run([{ steps: ['dev'] }, { steps: ['prod'] }]))
    for (const id of ids) await shop.until(id, 'Succeeded')
    stop.abort()
    await Promise.all(working)
    const { rows } = await shop.server.app.context.store.pool.query(
      'select step_run_id, count(*) as count from changeset_runs group by step_run_id having count(*) > 1',
    )
    deepEqual(rows, [], 'no step ran twice')
  })

  it('one may die in the middle', async (test) => {
    const shop = await openTestShop(test)
    const second = await openSecond(shop, test)
    const delegate = await shop.delegate()
    delegate.url = second.url
    const executionId = await shop.run([{ steps: ['dev', 'prod'] }])
    const runner = openTestRunner(second.url, await delegate.accept(await delegate.nextOffer()))
    const order = await runner.nextOrder()
    const waiting = runner.next([order.stepRunId]).catch(() => undefined)
    await second.stop()
    await waiting
    runner.url = shop.url
    delegate.url = shop.url
    await runner.runStep(order)
    await runner.runAll()
    await shop.until(executionId, 'Succeeded')
  })
})

describe('a database whose connections are cut', () => {
  it('loses nothing, and every execution comes to its end', async (test) => {
    const shop = await openTestShop(test, { timings: { ...shopTimings, offerMs: 1000 } })
    const { pool, url } = shop.server.app.context.store
    const stop = new AbortController()
    const delegates = await Promise.all([shop.delegate(), shop.delegate()])
    const working = delegates.map((delegate) => work(delegate, [shop.url], stop.signal))
    const ids: string[] = []
    for (let index = 0; index < 4; index++) ids.push(await shop.run([{ steps: ['dev'] }, { steps: ['prod'] }]))
    const { default: pg } = await import('pg')
    const killer = new pg.Client({ connectionString: url, application_name: 'killer' })
    await killer.connect()
    let cut = 0
    for (let round = 0; round < 12; round++) {
      const { rowCount } = await killer.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
      )
      cut += rowCount ?? 0
      await new Promise((resolve) => setTimeout(resolve, 120))
    }
    await killer.end()
    ok(cut > 10, 'connections were cut')
    for (const id of ids) await shop.until(id, 'Succeeded')
    stop.abort()
    await Promise.all(working)
    const { rows } = await pool.query('select count(*) as open from permits where released_at is null')
    deepEqual(rows, [{ open: 0 }])
  })

  it('answers 503 and when to come back while it is away', async (test) => {
    const shop = await openTestShop(test)
    const delegate = await shop.delegate()
    const { pool } = shop.server.app.context.store
    const real = pool.query.bind(pool)
    const gone = Object.assign(new Error('Connection terminated unexpectedly'), { code: '57P01' })
    Object.assign(pool, { query: () => Promise.reject(gone) })
    try {
      const response = await fetch(`${shop.url}/api/delegate/v1/heartbeat`, {
        method: 'POST',
        headers: { authorization: `Bearer ${delegate.accessToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ bootId: 'b', version: '1', free: 1, draining: false, attempts: [] }),
      })
      equal(response.status, 503)
      ok(Number(response.headers.get('retry-after')) >= 1)
    } finally {
      Object.assign(pool, { query: real })
    }
  })
})
