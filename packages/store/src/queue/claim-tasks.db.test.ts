import { deepEqual, equal, ok } from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createId, silentLogger } from '@sluice/base'
import { openTestDatabase } from '@sluice/testkit'
import { openStore, type Store } from '../database.ts'
import { inTransaction } from '../queryable.ts'
import { claimTasks, claimText, claimValues, listQueuedKeys, orderKeys, readFit, type ClaimSlot } from './claim-tasks.ts'
import { enqueueTask } from './enqueue-task.ts'
import { createFitKey } from './fit.ts'
import { declineAttempt, expireOffers, withdrawTask } from './release-task.ts'

const fit = { org: 'o', project: 'p', selectors: [] }
const backlog = 200_000
let store: Store
let drop: () => Promise<void>

const slots = (count: number, delegateId = 'd'): ClaimSlot[] =>
  Array.from({ length: count }, () => ({ attemptId: createId('att'), instanceId: 'i', delegateId, delegateName: 'name' }))

async function enqueue(groupId: string, overrides: object = {}): Promise<string> {
  return inTransaction(store.pool, (connection) =>
    enqueueTask(connection, {
      ...fit,
      executionId: 'exe',
      groupId,
      groupPath: groupId,
      kind: 'stepGroup',
      spec: {},
      ...overrides,
    }),
  )
}

describe('the queue', () => {
  before(async () => {
    const database = await openTestDatabase()
    drop = () => database.drop()
    store = openStore({ url: database.url, logger: silentLogger })
    await store.migrate()
    await store.pool.query(
      `insert into delegates (id, name, seal_public_key, key_id) values ('d', 'd', '', ''), ('e', 'e', '', '')`,
    )
    await store.pool.query(`
      insert into executions (id, sequence, org, project, pipeline_identifier, pipeline_name, yaml, state, status, triggered_by)
      values ('exe', 1, 'o', 'p', 'x', 'x', '', '{}', 'Running', 't')`)
  })
  after(async () => {
    await store.close()
    await drop()
  })

  it('hands tasks out by priority, then by age, each once', async () => {
    const own = { ...fit, project: 'order' }
    const first = await enqueue('g1', own)
    const second = await enqueue('g2', own)
    const urgent = await enqueue('g3', { ...own, priority: 1 })
    const fitKey = createFitKey(own)
    const claimed = await claimTasks(store.pool, { fitKey, slots: slots(2), offerMs: 60_000 })
    deepEqual(
      claimed.map((task) => task.taskId),
      [urgent, first],
    )
    const rest = await Promise.all(
      Array.from({ length: 5 }, () => claimTasks(store.pool, { fitKey, slots: slots(3), offerMs: 60_000 })),
    )
    deepEqual(
      rest.flat().map((task) => task.taskId),
      [second],
    )
  })

  it('passes over what the delegate declined, and gives it to another one', async () => {
    const own = { ...fit, project: 'decline' }
    const taskId = await enqueue('g4', own)
    const fitKey = createFitKey(own)
    const [offer] = await claimTasks(store.pool, { fitKey, slots: slots(1), offerMs: 60_000 })
    const { attemptId = '', epoch = 0 } = offer ?? {}
    const decline = { attemptId, epoch, instanceId: 'i', code: 'policy', message: 'no', declineMs: 60_000 }
    equal(await declineAttempt(store.pool, decline), true)
    deepEqual(await claimTasks(store.pool, { fitKey, slots: slots(1), offerMs: 60_000 }), [])
    const [other] = await claimTasks(store.pool, { fitKey, slots: slots(1, 'e'), offerMs: 1 })
    equal(other?.taskId, taskId)
    equal(other?.epoch, 2)
    await new Promise((resolve) => setTimeout(resolve, 20))
    equal(await expireOffers(store.pool, silentLogger), 1)
    await withdrawTask(store.pool, 'exe', 'g4')
    deepEqual(await claimTasks(store.pool, { fitKey, slots: slots(1, 'e'), offerMs: 1 }), [])
  })

  it('claims from a long backlog through the partial index, even before statistics are gathered', async () => {
    await store.pool.query('alter table tasks set (autovacuum_enabled = false)')
    const own = { ...fit, project: 'backlog' }
    const fitKey = createFitKey(own)
    await store.pool.query(
      `insert into tasks (id, execution_id, group_id, kind, org, project, fit_key, spec)
       select 'task_' || lpad(n::text, 26, '0'), 'exe', 'b' || n, 'stepGroup', 'o', 'backlog', $1, '{}' from generate_series(1, $2::integer) n`,
      [fitKey, backlog],
    )
    const explain = async (): Promise<string> => {
      const { rows } = await store.pool.query<{ 'QUERY PLAN': string }>({
        text: `explain ${claimText}`,
        values: claimValues({ fitKey, slots: slots(10), offerMs: 1000 }),
      })
      return rows.map((row) => row['QUERY PLAN']).join('\n')
    }
    const check = (plan: string): void => {
      ok(/Index Scan using tasks_queued on tasks/.test(plan), plan)
      ok(!/Seq Scan on tasks\b/.test(plan), plan)
      ok(!/Sort Key: tasks\.priority/.test(plan), plan)
    }
    check(await explain())
    await store.pool.query('analyze tasks')
    check(await explain())
    const claimed = await claimTasks(store.pool, { fitKey, slots: slots(10), offerMs: 1000 })
    deepEqual(
      claimed.map((task) => Number(task.taskId.slice(5))),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    )
  })

  it('finds the kinds of tasks that wait without reading the backlog', async () => {
    const other = { ...fit, project: 'other', selectors: ['eu'], recipients: ['k'] }
    await enqueue('g5', { ...other, priority: 1 })
    const keys = await listQueuedKeys(store.pool)
    const fitKey = createFitKey(other)
    const backlogKey = createFitKey({ ...fit, project: 'backlog' })
    ok(keys.includes(fitKey) && keys.includes(backlogKey))
    deepEqual(await orderKeys(store.pool, [backlogKey, 'nothing', fitKey]), [fitKey, backlogKey])
    deepEqual(await readFit(store.pool, fitKey), other)
    const { rows } = await store.pool.query<{ 'QUERY PLAN': string }>(
      `explain select fit_key from tasks where state = 'queued' and fit_key > 'A' order by fit_key limit 1`,
    )
    ok(rows.some((row) => row['QUERY PLAN'].includes('tasks_queued')))
  })
})
