import assert from 'node:assert/strict'
import { type AddressInfo, connect, createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { executionEndpoints, operationEndpoints } from '@sluice/contract'
import { waitFor } from '@sluice/testkit'
import { failuresOf, stepOf } from '../support/execution-steps.ts'
import { type Installation, openInstallation } from '../support/installation.ts'
import { databaseStep, pipelineYaml, stage, stepGroup } from '../support/pipeline-yaml.ts'
import { instanceEntities } from '../support/shop-entities.ts'
import { openTestTarget, type TestTarget } from '../support/test-target.ts'

const head = '--liquibase formatted sql\n'
const table = (id: string): string => `--changeset ada:${id}\nCREATE TABLE t_${id} (id int);\n--rollback DROP TABLE t_${id};\n`
/** Waits at a gate that the test holds; `closed` is then in the observer while the transaction stands there. */
const gate = (id: string): string =>
  `--changeset ada:${id}\nSELECT pg_advisory_xact_lock(1);\nCREATE TABLE t_${id} (id int);\n--rollback DROP TABLE t_${id};\n`
/** Writes when it began and ended into an observer table. */
const observed = (id: string): string =>
  `--changeset ada:${id}\nINSERT INTO observer VALUES ('${id}', clock_timestamp(), NULL);\nSELECT pg_sleep(0.3);\nUPDATE observer SET ended = clock_timestamp() WHERE id = '${id}';\n`

void describe('pipelines on real databases', { concurrency: 4 }, () => {
  let sluice: Installation
  const targets: TestTarget[] = []

  before(async () => {
    sluice = await openInstallation({ timeScale: 20 })
    await sluice.startDelegate()
  })
  after(async () => {
    await sluice?.[Symbol.asyncDispose]()
    for (const target of targets) await target.close()
  })

  /** A DB instance with its own database (unless one is given) and repository. */
  async function instance(
    name: string,
    sql: string,
    given?: { readonly target: TestTarget; readonly jdbcUrl: string },
  ): Promise<{ target: TestTarget; commit: (text: string) => void }> {
    const target = given?.target ?? (await openTestTarget())
    if (given === undefined) targets.push(target)
    const repository = sluice.createRepository(name)
    repository.commit({ 'changelog.sql': head + sql })
    const jdbcUrl = given?.jdbcUrl ?? target.jdbcUrl
    await sluice.apply(instanceEntities({ name, repositoryDir: repository.dir, target: { jdbcUrl, user: target.user } }))
    await sluice.setSecret(`${name}_password`, target.password, [jdbcUrl])
    return { target, commit: (text) => void repository.commit({ 'changelog.sql': head + text }) }
  }

  async function tablesOf(target: TestTarget): Promise<string[]> {
    const rows = await target.query("select tablename from pg_tables where tablename like 't\\_%' order by 1")
    return rows.map((row) => String(row['tablename']))
  }

  /** Holds the gate until it is released. */
  async function closeGate(target: TestTarget): Promise<{ waiting(): Promise<void>; open(): Promise<void> }> {
    const { default: pg } = await import('pg')
    const holder = new pg.Client({ connectionString: target.database.url })
    await holder.connect()
    await holder.query('select pg_advisory_lock(1)')
    return {
      waiting: async () => {
        await waitFor(
          async () =>
            (await target.query("select 1 from pg_locks where locktype = 'advisory' and objid = 1 and not granted")).length,
          { timeoutMs: 30_000, what: 'a changeset to wait at the gate' },
        )
      },
      open: () => holder.end(),
    }
  }

  const activeSessions = async (target: TestTarget): Promise<number> =>
    (await target.query("select 1 from pg_stat_activity where datname = current_database() and application_name like 'sluice:%'"))
      .length

  void test('a later stage uses the output of an earlier one: what failed is rolled back to where it began', async () => {
    const { target, commit } = await instance('stages', table('1'))
    assert.equal((await sluice.waitForExecution(await sluice.run('stages_pipeline'))).state, 'Succeeded')
    commit(`${table('1')}${table('2')}--changeset ada:3\nSELECT 1/0;\n--rollback SELECT 1;\n`)
    await sluice.apply(
      pipelineYaml('stages_both', [
        stage('deploy', [stepGroup('database', [databaseStep('apply', 'stages')])]),
        stage(
          'undo',
          [
            databaseStep('rollback', 'stages', {
              type: 'DBSchemaRollback',
              spec: {
                tag: '<+pipeline.stages.deploy.spec.execution.steps.database.steps.apply.output.preStartTag>',
              },
            }),
          ],
          { when: { pipelineStatus: 'Failure' } },
        ),
        stage('never', [databaseStep('again', 'stages')]),
      ]),
    )
    const execution = await sluice.waitForExecution(await sluice.run('stages_both'))
    assert.equal(execution.state, 'Failed')
    assert.equal(stepOf(execution, 'apply').state, 'Failed')
    assert.equal(stepOf(execution, 'rollback').state, 'Succeeded', failuresOf(execution))
    assert.equal(stepOf(execution, 'again').state, 'Skipped')
    assert.deepEqual(stepOf(execution, 'rollback').counts, { planned: 1, applied: 0, rolledBack: 1, failed: 0 })
    assert.deepEqual(await tablesOf(target), ['t_1'])
  })

  void test('groups side by side work on their databases at the same time', async () => {
    const [left, right] = [await instance('left', gate('1')), await instance('right', gate('1'))]
    await sluice.apply(
      pipelineYaml('side_by_side', [
        stage('deploy', [
          {
            parallel: [
              stepGroup('one', [databaseStep('to_left', 'left')]),
              stepGroup('two', [databaseStep('to_right', 'right')]),
            ],
          },
        ]),
      ]),
    )
    const gates = [await closeGate(left.target), await closeGate(right.target)]
    const id = await sluice.run('side_by_side')
    // Both stand at their gates: neither waits for the other.
    for (const each of gates) await each.waiting()
    for (const each of gates) await each.open()
    const execution = await sluice.waitForExecution(id)
    assert.equal(execution.state, 'Succeeded', failuresOf(execution))
  })

  void test('two executions on one database follow each other, under whatever names its connections go', async () => {
    const first = await instance('alias_one', observed('one'))
    const url = new URL(first.target.jdbcUrl.slice('jdbc:'.length))
    assert.equal(url.hostname, '127.0.0.1')
    await first.target.query('create table observer (id text, began timestamptz, ended timestamptz)')
    await first.target.query(`grant all on observer to "${first.target.user}"`)
    const aliases = [
      `jdbc:postgresql://localhost:${url.port}${url.pathname}`,
      `jdbc:postgresql://LOCALHOST:${url.port}${url.pathname}?ApplicationName=other&connectTimeout=9`,
      first.target.jdbcUrl,
    ]
    for (const [index, jdbcUrl] of aliases.entries())
      await instance(`alias_${String(index)}`, observed(`of_${String(index)}`), { target: first.target, jdbcUrl })
    const names = ['alias_one', 'alias_0', 'alias_1', 'alias_2']
    const ids = await Promise.all(names.map((name) => sluice.run(`${name}_pipeline`)))
    for (const id of ids) {
      const execution = await sluice.waitForExecution(id, { timeoutMs: 60_000 })
      assert.equal(execution.state, 'Succeeded', failuresOf(execution))
    }
    const overlaps = await first.target.query(
      'select a.id, b.id as other from observer a join observer b on a.id < b.id and a.began < b.ended and b.began < a.ended',
    )
    assert.deepEqual(overlaps, [])
    assert.equal((await first.target.query('select 1 from observer where ended is not null')).length, 4)
    const { items } = await sluice.client.call(operationEndpoints.targets, { query: { limit: 500 } })
    const target = items.filter(({ targetKey }) => targetKey.endsWith(url.pathname))
    assert.equal(target.length, 1)
    assert.equal(target[0]?.dbInstances.length, 4)
    assert.equal(target[0].fence, 4)
  })

  void test('a database that hangs up on the first two tries is tried again, and the log says so', async () => {
    const target = await openTestTarget()
    targets.push(target)
    const { hostname, port } = new URL(target.database.url)
    let calls = 0
    const server = createServer((incoming) => {
      if (++calls <= 2) {
        incoming.destroy()
        return
      }
      const outgoing = connect(Number(port), hostname)
      for (const [socket, other] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        socket.on('error', () => other.destroy())
      }
      incoming.pipe(outgoing).pipe(incoming)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const jdbcUrl = `jdbc:postgresql://127.0.0.1:${String((server.address() as AddressInfo).port)}/${target.database.name}`
      await instance('hangs_up', table('10'), { target, jdbcUrl })
      const id = await sluice.run('hangs_up_pipeline')
      const execution = await sluice.waitForExecution(id)
      assert.equal(execution.state, 'Succeeded', failuresOf(execution))
      const log = await sluice.readWholeLog(id, stepOf(execution, 'apply').stepRunId)
      assert.equal(log.match(/cannot be reached: .* Trying again in/g)?.length, 2, log)
      assert.deepEqual(await tablesOf(target), ['t_10'])
    } finally {
      server.close()
    }
  })

  void test('a step that runs out of time is stopped at the database, and nothing of it stays', async () => {
    const { target } = await instance(
      'slow',
      `${table('1')}--changeset ada:2\nCREATE TABLE t_2 (id int);\nSELECT pg_sleep(600);\n`,
    )
    await sluice.apply(
      pipelineYaml('slow_short', [stage('deploy', [databaseStep('apply', 'slow', { fields: { timeout: '10s' } })])]),
    )
    const started = performance.now()
    const execution = await sluice.waitForExecution(await sluice.run('slow_short'), { timeoutMs: 60_000 })
    assert.equal(execution.state, 'Failed')
    assert.equal(stepOf(execution, 'apply').failure?.kind, 'timeout', failuresOf(execution))
    assert.match(failuresOf(execution), /STEP_TIMEOUT.*1 of 2 changesets/s)
    assert.ok(performance.now() - started < 45_000)
    assert.deepEqual(await tablesOf(target), ['t_1'])
    assert.equal(await activeSessions(target), 0)
  })

  void test('a cancel while the statement runs stops it at the database', async () => {
    const { target } = await instance('cancelled', `--changeset ada:1\nCREATE TABLE t_1 (id int);\nSELECT pg_sleep(600);\n`)
    const id = await sluice.run('cancelled_pipeline')
    await waitFor(
      async () =>
        (
          await target.query(
            "select 1 from pg_stat_activity where datname = current_database() and query like '%pg_sleep(600)%' and pid <> pg_backend_pid()",
          )
        ).length,
      { timeoutMs: 30_000, what: 'the statement to run' },
    )
    await sluice.client.call(executionEndpoints.cancel, { params: { executionId: id }, body: { reason: 'test' } })
    const execution = await sluice.waitForExecution(id)
    assert.equal(execution.state, 'Cancelled', failuresOf(execution))
    assert.equal(stepOf(execution, 'apply').permit?.open, false)
    assert.deepEqual(await tablesOf(target), [])
    assert.equal(await activeSessions(target), 0)
  })

  void test('a cancel while it waits for its target ends it without a permit, and the one before goes on', async () => {
    const { target } = await instance('busy', gate('1'))
    await instance('waiting', table('2'), { target, jdbcUrl: target.jdbcUrl })
    const held = await closeGate(target)
    const first = await sluice.run('busy_pipeline')
    await held.waiting()
    const second = await sluice.run('waiting_pipeline')
    const waiting = await waitFor(async () => stepOf(await sluice.getExecution(second), 'apply').waitingFor, {
      timeoutMs: 30_000,
      what: 'the second to say what it waits for',
    })
    assert.match(waiting, /busy|target|lock|waits|hold/i)
    await sluice.client.call(executionEndpoints.cancel, { params: { executionId: second }, body: {} })
    const cancelled = await sluice.waitForExecution(second)
    assert.equal(cancelled.state, 'Cancelled', failuresOf(cancelled))
    assert.equal(stepOf(cancelled, 'apply').permit, undefined)
    await held.open()
    const done = await sluice.waitForExecution(first)
    assert.equal(done.state, 'Succeeded', failuresOf(done))
    assert.deepEqual(await tablesOf(target), ['t_1'])
  })

  void test('a cancel while it is queued ends it at once, and no delegate ever gets it', async () => {
    await instance('queued', table('1'))
    await sluice.apply(
      pipelineYaml('queued_nowhere', [
        stage('deploy', [stepGroup('database', [databaseStep('apply', 'queued')], { delegateSelectors: ['nowhere'] })]),
      ]),
    )
    const id = await sluice.run('queued_nowhere')
    await waitFor(
      async () => (await sluice.client.call(executionEndpoints.selection, { params: { executionId: id } })).tasks.length > 0,
      { what: 'the task to be queued' },
    )
    await sluice.client.call(executionEndpoints.cancel, { params: { executionId: id }, body: {} })
    const execution = await sluice.waitForExecution(id, { timeoutMs: 10_000 })
    assert.equal(execution.state, 'Cancelled')
    assert.equal(stepOf(execution, 'apply').startedAt, undefined)
  })

  void test('the same idempotency key starts nothing twice', async () => {
    await instance('once', table('1'))
    await instance('other', table('1'))
    const body = { pipelineIdentifier: 'once_pipeline', idempotencyKey: 'release-7' }
    const started = await Promise.all([1, 2, 3].map(() => sluice.client.call(executionEndpoints.run, { body })))
    assert.equal(new Set(started.map(({ id }) => id)).size, 1)
    const { items } = await sluice.client.call(executionEndpoints.list, { query: { pipelineIdentifier: 'once_pipeline' } })
    assert.equal(items.length, 1)
    await assert.rejects(
      sluice.client.call(executionEndpoints.run, { body: { ...body, pipelineIdentifier: 'other_pipeline' } }),
      /idempotency key belongs to/,
    )
    await sluice.waitForExecution(started[0]?.id ?? '')
  })
})
