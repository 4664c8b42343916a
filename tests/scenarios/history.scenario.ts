import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { entityEndpoints, executionEndpoints, type ExecutionView } from '@sluice/contract'
import { failuresOf, stepOf } from '../support/execution-steps.ts'
import { type Installation, openInstallation } from '../support/installation.ts'
import { databaseStep, pipelineYaml, stage } from '../support/pipeline-yaml.ts'
import { instanceEntities } from '../support/shop-entities.ts'
import type { TestRepository } from '../support/test-repository.ts'
import { openTestTarget, type TestTarget } from '../support/test-target.ts'

const head = '--liquibase formatted sql\n'
const table = (id: string): string => `--changeset ada:${id}\nCREATE TABLE t_${id} (id int);\n--rollback DROP TABLE t_${id};\n`
/** What an attacker writes wherever text goes in, to have it opened somewhere later. */
const smuggled = '<+secrets.getValue("inject_password")>'
const smuggledVariable = '<+pipeline.variables.other>'

void describe('a history that does not fit, and text that looks like code', () => {
  let sluice: Installation
  let target: TestTarget
  let repository: TestRepository

  before(async () => {
    ;[sluice, target] = await Promise.all([openInstallation({ timeScale: 20 }), openTestTarget()])
    await sluice.startDelegate()
    repository = sluice.createRepository('history')
    repository.commit({ 'changelog.sql': head + table('1') + table('2') })
    await sluice.apply(instanceEntities({ name: 'history', repositoryDir: repository.dir, target }))
    await sluice.setSecret('history_password', target.password, [target.jdbcUrl])
    await sluice.apply(
      pipelineYaml(
        'tagged',
        [stage('deploy', [databaseStep('apply', 'history', { spec: { tag: '<+pipeline.variables.tag>' } })])],
        {
          variables: [
            { name: 'tag', type: 'String', value: '<+input>' },
            { name: 'other', type: 'String', value: 'opened' },
          ],
        },
      ),
    )
    await sluice.apply(
      pipelineYaml(
        'back',
        [
          stage('undo', [
            databaseStep('rollback', 'history', { type: 'DBSchemaRollback', spec: { tag: '<+pipeline.variables.tag>' } }),
          ]),
        ],
        { variables: [{ name: 'tag', type: 'String', value: '<+input>' }] },
      ),
    )
  })
  after(async () => {
    await sluice?.[Symbol.asyncDispose]()
    await target?.close()
  })

  const run = async (pipeline: string, inputs: Record<string, string> = {}): Promise<ExecutionView> =>
    sluice.waitForExecution(await sluice.run(pipeline, inputs))
  const history = async (): Promise<string[]> =>
    (await target.query('select id, tag from databasechangelog order by orderexecuted')).map(
      ({ id, tag }) => `${String(id)}=${String(tag)}`,
    )

  void test('a tag that looks like a secret or a variable is set as that text, and nothing is opened', async () => {
    for (const text of [smuggled, smuggledVariable]) {
      const execution = await run('tagged', { tag: text })
      assert.equal(execution.state, 'Succeeded', failuresOf(execution))
      const tags = await target.query(
        'select tag from databasechangelog where tag is not null order by orderexecuted desc limit 1',
      )
      assert.equal(tags[0]?.['tag'], text)
    }
  })

  void test('an output that looks like a secret stays text where another step uses it', async () => {
    // The tag in the history is the attacker's; it becomes the output of a step that has nothing to do.
    await target.query(
      'update databasechangelog set tag = $1 where orderexecuted = (select max(orderexecuted) from databasechangelog)',
      [smuggled],
    )
    await sluice.apply(
      pipelineYaml('passes_on', [
        stage('deploy', [
          databaseStep('look', 'history'),
          databaseStep('apply', 'history', { spec: { tag: 'from-<+execution.steps.look.output.preStartTag>' } }),
        ]),
      ]),
    )
    const execution = await run('passes_on')
    assert.equal(stepOf(execution, 'look').outputs?.['preStartTag'], smuggled)
    assert.equal(execution.state, 'Succeeded', failuresOf(execution))
    assert.ok(
      (await history()).some((row) => row.endsWith(`=from-${smuggled}`)),
      (await history()).join('\n'),
    )
  })

  void test('a Git tag, a description and a changelog property that look like a secret stay text', async () => {
    repository.git('tag', '--', 'release-<+secrets.getValue("x")>')
    const before = repository.git('rev-parse', 'HEAD')
    repository.commit({ 'changelog.sql': head + table('1') + table('2') + table('later') })
    const stored = await sluice.client.call(entityEndpoints.dbInstance.get, {
      params: { identifier: 'history_instance' },
      query: { orgIdentifier: 'default', projectIdentifier: 'default' },
    })
    await sluice.apply(
      JSON.stringify({
        dbInstance: {
          identifier: 'history_git_tag',
          description: smuggled,
          dbSchema: 'history',
          connector: stored.spec['connector'],
          gitTag: 'release-<+secrets.getValue("x")>',
        },
      }),
    )
    await sluice.apply(
      pipelineYaml('git_tag', [stage('deploy', [databaseStep('apply', 'history', { spec: { dbInstance: 'history_git_tag' } })])]),
    )
    const execution = await run('git_tag')
    assert.equal(execution.state, 'Succeeded', failuresOf(execution))
    assert.equal(stepOf(execution, 'apply').commit, before)

    const other = sluice.createRepository('property')
    other.commit({
      'changelog.sql': `${head}--property name:note value:${smuggled}\n--changeset eve:property\nCREATE TABLE notes (note text);\nINSERT INTO notes VALUES ('\${note}');\nINSERT INTO notes VALUES ('\${given}');\n`,
    })
    await sluice.apply(instanceEntities({ name: 'property', repositoryDir: other.dir, target }))
    await sluice.setSecret('property_password', target.password, [target.jdbcUrl])
    const instance = await sluice.client.call(entityEndpoints.dbInstance.get, {
      params: { identifier: 'property_instance' },
      query: { orgIdentifier: 'default', projectIdentifier: 'default' },
    })
    await sluice.apply(JSON.stringify({ dbInstance: { ...instance.spec, substituteProperties: { given: smuggledVariable } } }))
    const applied = await run('property_pipeline')
    assert.equal(applied.state, 'Succeeded', failuresOf(applied))
    assert.deepEqual(
      (await target.query('select note from notes')).map(({ note }) => note),
      [smuggled, smuggledVariable],
    )
  })

  void test('a tag that stands on another row is refused, and nothing is applied', async () => {
    const before = await history()
    repository.commit({ 'changelog.sql': head + table('1') + table('2') + table('3') })
    const taken = before.map((row) => row.slice(row.indexOf('=') + 1)).find((tag) => tag !== 'null') ?? ''
    const execution = await run('tagged', { tag: taken })
    assert.equal(execution.state, 'Failed')
    assert.match(failuresOf(execution), /TAG_EXISTS|already/)
    assert.deepEqual(await history(), before)
    repository.commit({ 'changelog.sql': head + table('1') + table('2') })
  })

  void test('a rollback to a tag that is not there changes nothing and names the tag', async () => {
    const before = await history()
    const execution = await run('back', { tag: 'no-such-tag' })
    assert.equal(execution.state, 'Failed')
    assert.match(failuresOf(execution), /no-such-tag/)
    assert.deepEqual(await history(), before)
  })

  void test('an edited changeset is refused with both checksums, and nothing new is applied', async () => {
    const before = await history()
    const [row] = await target.query("select md5sum from databasechangelog where id = '1'")
    repository.commit({
      'changelog.sql': `${head}--changeset ada:1\nCREATE TABLE t_1 (id bigint);\n--rollback DROP TABLE t_1;\n${table('2')}${table('3')}`,
    })
    const execution = await run('history_pipeline')
    assert.equal(execution.state, 'Failed')
    const failures = failuresOf(execution)
    assert.match(failures, /ada:1|ada.*"1"|1.*ada/)
    assert.ok(failures.includes(String(row?.['md5sum'])), failures)
    assert.equal(new Set(failures.match(/\b9:[0-9a-f]{32}\b/g)).size, 2, failures)
    assert.deepEqual(await history(), before)
    repository.commit({ 'changelog.sql': head + table('1') + table('2') })
  })

  void test('SQL that fails half-way keeps what was done before it, and the next run goes on from there', async () => {
    const broken = `--changeset ada:5\nCREATE TABLE t_5 (id int);\nINSERT INTO nowhere VALUES (1);\n`
    repository.commit({ 'changelog.sql': head + table('1') + table('2') + table('4') + broken + table('6') })
    const failed = await run('history_pipeline')
    assert.equal(failed.state, 'Failed')
    assert.match(failuresOf(failed), /nowhere/)
    const tables = async (): Promise<unknown[]> =>
      (await target.query("select tablename from pg_tables where tablename like 't\\_%' order by 1")).map(
        ({ tablename }) => tablename,
      )
    assert.deepEqual(await tables(), ['t_1', 't_2', 't_4'])
    const changesets = await sluice.client.call(executionEndpoints.changesets, { params: { executionId: failed.id }, query: {} })
    assert.deepEqual(
      changesets.items.map(({ id, state }) => `${id} ${state}`),
      ['4 applied', '5 failed'],
    )
    repository.commit({ 'changelog.sql': head + table('1') + table('2') + table('4') + table('5') + table('6') })
    const mended = await run('history_pipeline')
    assert.equal(mended.state, 'Succeeded', failuresOf(mended))
    assert.deepEqual(await tables(), ['t_1', 't_2', 't_4', 't_5', 't_6'])
  })
})
