import { ok, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { openTestTarget } from '../testing/test-target.ts'
import { diffSnapshots } from './diff.ts'
import { planCreation } from './plan-creation.ts'
import { snapshotDatabase } from './take-snapshot.ts'
import { writeChangelog } from './write-changelog.ts'
import type { Database } from '../database.ts'

/** Four times the tables take four times as long; work that grows with the square takes sixteen. */
const times = 4
const growthMax = 9

/** The least processor time of three tries, in milliseconds: other processes do not count, and a pause for garbage hardly ever thrice. */
async function leastCpu(work: () => unknown): Promise<number> {
  const tries: number[] = []
  for (let one = 0; one < 3; one++) {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    tries.push((user + system) / 1000)
  }
  return Math.min(...tries)
}

function tables(count: number): string[] {
  return Array.from({ length: count }, (_, index) => [
    `create table t_${index} (id integer primary key, name varchar(100) default 'x', parent integer references t_${index >> 1} (id))`,
    `create index t_${index}_name on t_${index} (name)`,
    `create view v_${index} as select id, name from t_${index}`,
  ]).flat()
}

async function openTables(t: TestContext, product: 'sqlite' | 'postgresql', count: number): Promise<Database> {
  const { database } = await openTestTarget(t, product)
  await database.script(['BEGIN', ...tables(count), 'COMMIT'])
  return database
}

describe('snapshots of large schemas', () => {
  it('take time in proportion to their objects on SQLite, as do diffs and changelogs of them', async (t) => {
    const measure = async (count: number): Promise<Record<string, number>> => {
      const database = await openTables(t, 'sqlite', count)
      const read = await leastCpu(() => snapshotDatabase({ database }))
      const snapshot = await snapshotDatabase({ database })
      const copy = structuredClone(snapshot)
      return {
        read,
        compare: await leastCpu(() => diffSnapshots(snapshot, copy)),
        write: await leastCpu(() => writeChangelog(planCreation(snapshot), { author: 'dev', format: 'yaml' })),
      }
    }
    const [small, large] = [await measure(300), await measure(300 * times)]
    for (const [name, ms] of Object.entries(large)) {
      const before = Math.max(small[name] ?? 0, 5)
      ok(ms <= growthMax * before, `${name}: ${ms.toFixed(0)} ms after ${before.toFixed(0)}`)
    }
  })

  it('take as many queries as small ones on PostgreSQL', async (t) => {
    const count = async (tables: number): Promise<number> => {
      const database = await openTables(t, 'postgresql', tables)
      let queries = 0
      const counted = new Proxy(database, {
        get: (of, name) => {
          const value: unknown = Reflect.get(of, name)
          if (typeof value !== 'function') return value
          if (name === 'query') queries++
          return value.bind(of)
        },
      })
      equal((await snapshotDatabase({ database: counted })).objects.filter(({ type }) => type === 'table').length, tables)
      return queries
    }
    equal(await count(20), await count(2))
  })
})
