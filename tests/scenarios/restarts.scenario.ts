import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createToken, silentLogger } from '@sluice/base'
import { operationEndpoints, type StepView } from '@sluice/contract'
import { type EmbeddedPostgres, openEmbeddedPostgres } from '@sluice/embedded-postgres'
import { openTempDir, type TempDir, waitFor } from '@sluice/testkit'
import pg from 'pg'
import { failuresOf, stepOf } from '../support/execution-steps.ts'
import { type Installation, openInstallation, runnerPids } from '../support/installation.ts'
import { runCli } from '../support/run-cli.ts'
import { instanceEntities } from '../support/shop-entities.ts'
import type { TestRepository } from '../support/test-repository.ts'
import { openTestTarget, type TestTarget } from '../support/test-target.ts'

const lineCount = 3000
/** Numbered notices before and after the gate, and a row for every time that it ran. */
const sql = `--liquibase formatted sql
--changeset ada:1 splitStatements:false
DO $$ BEGIN
  INSERT INTO observer (changeset) VALUES ('1');
  FOR i IN 1..${String(lineCount)} LOOP RAISE NOTICE 'line % of many', i; END LOOP;
  PERFORM pg_advisory_xact_lock(1);
  FOR i IN ${String(lineCount + 1)}..${String(2 * lineCount)} LOOP RAISE NOTICE 'line % of many', i; END LOOP;
END $$;
--changeset ada:2
INSERT INTO observer (changeset) VALUES ('2');
`

void describe('what is killed while a migration runs', () => {
  let temp: TempDir
  let control: EmbeddedPostgres
  let sluice: Installation
  let target: TestTarget
  let repository: TestRepository
  let holder: pg.Client

  before(async () => {
    temp = await openTempDir()
    control = await openEmbeddedPostgres({
      dataDir: join(temp.path, 'control'),
      user: 'postgres',
      password: createToken(),
      logger: silentLogger,
      durability: 'off',
      lifetime: 'child',
      restart: true,
    })
    ;[sluice, target] = await Promise.all([openInstallation({ timeScale: 20, databaseUrl: control.url }), openTestTarget()])
    await sluice.startDelegate()
    repository = sluice.createRepository('shop')
    repository.commit({ 'changelog.sql': sql })
    await target.query('create table observer (changeset text)')
    await target.query(`grant insert on observer to "${target.user}"`)
    await sluice.apply(instanceEntities({ name: 'shop', repositoryDir: repository.dir, target }))
    await sluice.setSecret('shop_password', target.password, [target.jdbcUrl])
    holder = new pg.Client({ connectionString: target.database.url })
    await holder.connect()
  })
  after(async () => {
    await holder?.end()
    await sluice?.[Symbol.asyncDispose]()
    await target?.close()
    await control?.stop()
    await temp?.[Symbol.asyncDispose]()
  })

  const startAtGate = async (): Promise<string> => {
    await holder.query('select pg_advisory_lock(1)')
    const id = await sluice.run('shop_pipeline')
    await waitFor(
      async () =>
        (await holder.query("select 1 from pg_locks where locktype = 'advisory' and objid = 1 and not granted")).rowCount,
      { timeoutMs: 30_000, what: 'the changeset to wait at the gate' },
    )
    return id
  }
  const ran = async (): Promise<unknown[]> =>
    (await target.query('select changeset from observer order by 1')).map(({ changeset }) => changeset)
  const stepNow = async (id: string): Promise<StepView> => stepOf(await sluice.getExecution(id), 'apply')

  void test('neither delegate nor runner listens on any port', async () => {
    const id = await startAtGate()
    const runners = runnerPids(sluice.delegateDir)
    assert.equal(runners.length, 1)
    for (const pid of [...runners, sluice.delegate?.pid ?? 0]) assert.deepEqual(listeningSockets(pid), [])
    // The search finds what listens.
    assert.equal(listeningSockets(sluice.server.pid).length, 1)
    await holder.query('select pg_advisory_unlock(1)')
    assert.equal((await sluice.waitForExecution(id)).state, 'Succeeded')
    await target.query('truncate observer; drop table databasechangelog, databasechangeloglock')
  })

  void test('server, delegate and the control plane’s PostgreSQL are killed: the migration ends as if nothing had been', async () => {
    const id = await startAtGate()
    const [runner] = runnerPids(sluice.delegateDir)
    await sluice.server.kill()
    await sluice.startServer()
    await sluice.delegate?.kill()
    await sluice.startDelegate()
    process.kill(control.pid, 'SIGKILL')
    await waitFor(async () => (await sluice.getExecution(id)).state === 'Running', {
      timeoutMs: 30_000,
      what: 'the server to answer again',
    })
    assert.deepEqual(runnerPids(sluice.delegateDir), [runner], 'the same runner is still at work')
    // One more death while its end is being reported.
    await holder.query('select pg_advisory_unlock(1)')
    await sluice.server.kill()
    await sluice.startServer()
    const execution = await sluice.waitForExecution(id, { timeoutMs: 60_000 })
    assert.equal(execution.state, 'Succeeded', failuresOf(execution))
    assert.deepEqual(await ran(), ['1', '2'])
    const { log } = stepOf(execution, 'apply')
    const view = await waitFor(async () => {
      const step = await stepNow(id)
      return step.log?.sealed === true ? step.log : undefined
    })
    assert.equal(view.gaps, 0)
    const text = await sluice.readLog(id, log?.stream ?? '')
    assert.equal(Buffer.byteLength(text), view.length)
    assert.deepEqual(
      [...text.matchAll(/line (\d+) of many/g)].map(([, number]) => Number(number)),
      Array.from({ length: 2 * lineCount }, (_, index) => index + 1),
      'the log is not whole',
    )
    await target.query('truncate observer; drop table databasechangelog, databasechangeloglock')
  })

  void test('a killed runner leaves an Unknown that blocks its database until a person has resolved it', async () => {
    const id = await startAtGate()
    for (const pid of runnerPids(sluice.delegateDir)) process.kill(pid, 'SIGKILL')
    const unknown = await sluice.waitForExecution(id, { timeoutMs: 60_000 })
    assert.equal(unknown.state, 'Unknown', failuresOf(unknown))
    assert.equal((await stepNow(id)).permit?.open, true)
    // Nothing of it may run by itself, nor anything else on this database.
    const second = await sluice.run('shop_pipeline')
    await holder.query('select pg_advisory_unlock(1)')
    const waiting = await waitFor(async () => (await stepNow(second)).waitingFor, {
      timeoutMs: 30_000,
      what: 'the second run to wait',
    })
    assert.ok(waiting.length > 10)
    assert.deepEqual(await ran(), [])
    const blocked = await runCli(sluice, ['target', 'list', '--state', 'blocked'])
    assert.equal(blocked.exitCode, 0, blocked.output)
    assert.match(blocked.stdout, new RegExp(`sluice execution resolve ${id}`))
    const step = await waitFor(
      async () => {
        const now = await stepNow(id)
        return now.inspection !== undefined && now.inspection.state !== 'running' ? now : undefined
      },
      { timeoutMs: 30_000, what: 'the inspection to end' },
    )
    assert.equal(step.inspection?.finding, 'noneApplied')
    assert.equal((await runCli(sluice, ['execution', 'show', id])).exitCode, 0)
    const resolved = await runCli(sluice, [
      ...['execution', 'resolve', id, 'apply', '--as', 'not-started'],
      ...['--reason', 'the inspection found nothing applied'],
    ])
    assert.equal(resolved.exitCode, 0, resolved.output)
    const next = await sluice.waitForExecution(second, { timeoutMs: 60_000 })
    assert.equal(next.state, 'Succeeded', failuresOf(next))
    assert.deepEqual(await ran(), ['1', '2'])
    const targets = await sluice.client.call(operationEndpoints.targets, { query: {} })
    assert.deepEqual(
      targets.items.map(({ state }) => state),
      ['free'],
    )
  })

  void test('after all that, the delegate has no runner and no folder of an attempt left', async () => {
    await waitFor(() => readdirSync(join(sluice.delegateDir, 'attempts')).length === 0, {
      timeoutMs: 30_000,
      what: () => `the attempts to be removed: ${readdirSync(join(sluice.delegateDir, 'attempts')).join()}`,
    })
    assert.deepEqual(runnerPids(sluice.delegateDir), [])
  })
})

/** Addresses at which a process accepts TCP connections (Linux). */
function listeningSockets(pid: number): string[] {
  const inodes = new Set(
    readdirSync(`/proc/${String(pid)}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${String(pid)}/fd/${fd}`))?.[1] ?? []
      } catch {
        // Closed meanwhile.
        return []
      }
    }),
  )
  return ['tcp', 'tcp6'].flatMap((family) =>
    readFileSync(`/proc/${String(pid)}/net/${family}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && inodes.has(fields[9] ?? ''))
      .map((fields) => fields[1] ?? ''),
  )
}
