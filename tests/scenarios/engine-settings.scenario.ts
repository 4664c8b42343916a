import assert from 'node:assert/strict'
import { readFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { failuresOf, stepOf } from '../support/execution-steps.ts'
import { type Installation, openInstallation } from '../support/installation.ts'
import { instanceEntities } from '../support/shop-entities.ts'
import { openTestTarget, type TestTarget } from '../support/test-target.ts'

const head = '--liquibase formatted sql\n'
const table = `${head}--changeset ada:1\nCREATE TABLE held (id int);\n`

describe('settings of a DB instance', () => {
  let sluice: Installation
  let target: TestTarget
  let marks = ''

  before(async () => {
    sluice = await openInstallation({
      policy: (repositoriesDir) => `git:\n  allowLocalPaths: [${JSON.stringify(repositoriesDir)}]\nallowScripts: true\n`,
    })
    await sluice.startDelegate()
    target = await openTestTarget()
    marks = join(sluice.dir, 'marks')
  })
  after(async () => {
    await target?.close()
    await sluice?.[Symbol.asyncDispose]()
  })

  /** A database's changelog with settings of its own; each call commits the files to a repository of this name. */
  const prepare = async (
    name: string,
    files: Readonly<Record<string, string>>,
    settings = '',
    location = 'changelog.sql',
  ): Promise<void> => {
    const repository = sluice.createRepository(name)
    repository.commit(files)
    await describeInstance(name, repository.dir, settings, location)
    await sluice.setSecret(`${name}_password`, target.password, [target.jdbcUrl])
  }
  const describeInstance = async (name: string, repositoryDir: string, settings: string, location = 'changelog.sql') => {
    const entities = instanceEntities({ name, repositoryDir, target, location })
    await sluice.apply(entities.replace(', branch: main }', `, branch: main${settings} }`))
  }
  const runToEnd = async (name: string) => sluice.waitForExecution(await sluice.run(`${name}_pipeline`))

  it('lockTimeout ends a step that waits for a lock of another session, and says so', async () => {
    await target.query('CREATE TABLE busy (id int)')
    await target.query(`GRANT ALL ON busy TO "${target.user}"`)
    await prepare(
      'locked',
      { 'changelog.sql': `${head}--changeset ada:l1\nLOCK TABLE busy IN EXCLUSIVE MODE;\n` },
      ', lockTimeout: 1s',
    )
    const holder = new pg.Client({ connectionString: target.database.url })
    await holder.connect()
    try {
      await holder.query('BEGIN')
      await holder.query('LOCK TABLE busy IN EXCLUSIVE MODE')
      const view = await runToEnd('locked')
      assert.equal(view.state, 'Failed')
      assert.match(failuresOf(view), /LOCK_TIMEOUT.*lock timeout.*Another session holds what the statement needs/s)
    } finally {
      await holder.end()
    }
    const again = await runToEnd('locked')
    assert.equal(again.state, 'Succeeded', failuresOf(again))
  })

  it('statementTimeout cancels a statement that runs for too long, and the next run goes on', async () => {
    const slow = `${table}--changeset ada:2\nSELECT pg_sleep(3600);\n`
    await prepare('slow', { 'changelog.sql': slow }, ', statementTimeout: 1s')
    const view = await runToEnd('slow')
    assert.equal(view.state, 'Failed')
    assert.match(failuresOf(view), /STATEMENT_TIMEOUT.*statement timeout/s)
    const [still] = await target.query(
      "SELECT count(*)::int AS running FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep(3600)%'",
    )
    assert.deepEqual(still, { running: 0 })
    const ran = await target.query("SELECT id FROM databasechangelog WHERE id IN ('1', '2')")
    assert.deepEqual(ran, [{ id: '1' }])
  })

  it('onPartial says what happens to a changeset of which a part ran: it stops, and resumes where that is set', async () => {
    const steps = (second: string): string =>
      `${head}--changeset ada:p1 runInTransaction:false\nCREATE TABLE part_one (id int);\n${second};\nCREATE TABLE part_three (id int);\n`
    const repository = sluice.createRepository('partial')
    repository.commit({ 'changelog.sql': steps('CREATE INDEX CONCURRENTLY ON part_base (id)') })
    await describeInstance('partial', repository.dir, '')
    await sluice.setSecret('partial_password', target.password, [target.jdbcUrl])
    const first = await runToEnd('partial')
    assert.equal(first.state, 'Failed')
    assert.match(failuresOf(first), /part_base/)
    await target.query('CREATE TABLE part_base (id int)')
    await target.query(`ALTER TABLE part_base OWNER TO "${target.user}"`)

    const stopped = await runToEnd('partial')
    assert.equal(stopped.state, 'Failed')
    assert.match(failuresOf(stopped), /1 of its 3 statements ran/)

    await describeInstance('partial', repository.dir, ', onPartial: resume')
    const resumed = await runToEnd('partial')
    assert.equal(resumed.state, 'Succeeded', failuresOf(resumed))
    const [made] = await target.query(
      "SELECT to_regclass('part_one') IS NOT NULL AND to_regclass('part_three') IS NOT NULL AS all",
    )
    assert.deepEqual(made, { all: true })
  })

  it('a delegate whose policy allows scripts runs executeCommand, with what it printed in the step’s log', async () => {
    const command = `databaseChangeLog:
- changeSet:
    id: c1
    author: ada
    changes:
    - executeCommand: {executable: /bin/sh, args: [{arg: {value: -c}}, {arg: {value: 'echo said-by-the-command; touch ${marks}'}}]}
`
    await prepare('commands', { 'root.yaml': command }, '', 'root.yaml')
    const view = await runToEnd('commands')
    assert.equal(view.state, 'Succeeded', failuresOf(view))
    assert.equal(readFileSync(marks, 'utf8'), '')
    assert.match(await sluice.readWholeLog(view.id, stepOf(view, 'apply').stepRunId), /said-by-the-command/)
  })
})

describe('a policy without allowScripts', () => {
  it('refuses executeCommand before anything is written', async () => {
    const sluice = await openInstallation()
    const target = await openTestTarget()
    try {
      await sluice.startDelegate()
      const mark = join(sluice.dir, 'never')
      const repository = sluice.createRepository('refused')
      const changes = `changes: [{executeCommand: {executable: touch, args: [{arg: {value: '${mark}'}}]}}]`
      repository.commit({ 'root.yaml': `databaseChangeLog:\n- changeSet: {id: c1, author: ada, ${changes}}\n` })
      await sluice.apply(instanceEntities({ name: 'refused', repositoryDir: repository.dir, target, location: 'root.yaml' }))
      await sluice.setSecret('refused_password', target.password, [target.jdbcUrl])
      const view = await sluice.waitForExecution(await sluice.run('refused_pipeline'))
      assert.equal(view.state, 'Failed')
      assert.match(failuresOf(view), /allowScripts/)
      assert.equal(existsSync(mark), false)
      assert.deepEqual(await target.query("SELECT to_regclass('databasechangelog') AS made"), [{ made: null }])
    } finally {
      await target.close()
      await sluice[Symbol.asyncDispose]()
    }
  })
})
