import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { applyPlan } from '../apply.ts'
import type { Database } from '../database.ts'
import { changelog, changeset } from '../testing/test-changelog.ts'
import { openTestTarget, skipProduct, testProducts } from '../testing/test-target.ts'
import { planUpdate } from '../update.ts'
import { readTracking } from './tables.ts'

const log = changelog(changeset('1', 'create table a (id int)'))

describe('the table of the changelog lock', () => {
  for (const product of testProducts) {
    for (const withRow of [true, false]) {
      const what = `made by a Liquibase in the same moment, ${withRow ? 'with' : 'still without'} its row`
      it(`may on ${product} be ${what}`, { skip: skipProduct(product) }, async (t) => {
        const target = await openTestTarget(t, product)
        const other = await target.connect()
        const { lock } = await readTracking(other, undefined)
        let made = 0
        const racing = new Proxy(target.database, {
          get: (of, name) => {
            const value: unknown = Reflect.get(of, name)
            if (typeof value !== 'function') return value
            const call = value.bind(of) as (...given: unknown[]) => unknown
            if (name !== 'trySessionLock') return call
            return async (...given: unknown[]) => {
              const isTaken = await call(...given)
              if (made++ === 0) {
                const { types } = other.dialect
                await other.script([
                  `create table ${lock.sql} (ID int not null primary key, LOCKED ${types.boolean} not null, LOCKGRANTED ${types.timestamp}, LOCKEDBY ${types.text(255)})`,
                  ...(withRow ? [`insert into ${lock.sql} (ID, LOCKED) values (1, false)`] : []),
                ])
              }
              return isTaken
            }
          },
          set: (of, name, value) => Reflect.set(of, name, value, of),
        }) satisfies Database
        const plan = await planUpdate({ database: racing, changelog: log })
        const report = await applyPlan({ database: racing, changelog: log, plan, options: { runId: 'run_race' } })
        deepEqual([report.firstError, report.state, made], [undefined, 'succeeded', 1])
        equal(Number((await target.rows(`select count(*) from ${lock.sql}`))[0]?.[0]), 1)
      })
    }
  }
})
