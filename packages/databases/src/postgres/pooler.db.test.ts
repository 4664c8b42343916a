import { equal, rejects } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AppError } from '@sluice/base'
import { openFaultProxy, openTestDatabase } from '@sluice/testkit'
import { openPostgres } from './open.ts'
import { openBackend, openTransactionPooler } from './testing/transaction-pooler.ts'

describe('what stands between us and PostgreSQL', () => {
  it('is refused when it is a pooler in transaction mode', async (t) => {
    const target = await openTestDatabase(t)
    const pooler = await openTransactionPooler(() => openBackend(target.url))
    t.after(() => pooler.close())
    const session = await openPostgres({ url: `postgres://any:any@127.0.0.1:${pooler.port}/${target.name}` })
    t.after(() => session.close())
    equal((await session.query('select 1')).rows[0]?.[0], 1)
    await rejects(session.readFacts([]), (error: AppError) => error.code === 'DATABASE_TRANSACTION_POOLING')
    equal(session.keepsPrepared, false)
  })

  it('is fine when it only passes bytes on', async (t) => {
    const target = await openTestDatabase(t)
    const proxy = await openFaultProxy({ target: `tcp://${target.host}:${target.port}`, seed: 1 })
    t.after(() => proxy.close())
    const session = await openPostgres({
      url: `postgres://127.0.0.1:${proxy.port}/${target.name}`,
      user: target.user,
      password: target.password,
    })
    t.after(() => session.close())
    equal((await session.readFacts([])).databaseName, target.name)
    equal(session.keepsPrepared, true)
  })
})
