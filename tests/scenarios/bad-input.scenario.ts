import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { entityEndpoints, executionEndpoints, type ExecutionView } from '@sluice/contract'
import { waitFor } from '@sluice/testkit'
import { failuresOf, stepsOf } from '../support/execution-steps.ts'
import { type Installation, openInstallation } from '../support/installation.ts'
import { runCli } from '../support/run-cli.ts'
import { instanceEntities } from '../support/shop-entities.ts'
import { openTestTarget, type TestTarget } from '../support/test-target.ts'

/** A pipeline that cannot work, and what its failure has to say. */
interface BadRun {
  readonly name: string
  /** The end of the sentence "a run fails when …". */
  readonly when: string
  readonly files?: Readonly<Record<string, string>>
  readonly entities?: Partial<Parameters<typeof instanceEntities>[0]>
  readonly prepare?: () => Promise<void> | void
  /** The secret's value; undefined sets none. Default: the right one. */
  readonly password?: string | null
  readonly says: readonly RegExp[]
}

const goodSql = '--liquibase formatted sql\n--changeset ada:1\nCREATE TABLE never (id int);\n'

void describe('bad input gets a clear answer and changes nothing', () => {
  let sluice: Installation
  let target: TestTarget
  let bad: readonly BadRun[] = []
  const ids = new Map<string, string>()
  const running = new Map<string, Promise<ExecutionView>>()

  const badRuns = (): readonly BadRun[] => [
    {
      name: 'missing_changelog',
      when: 'the changelog is not in the repository',
      entities: { location: 'db/none.sql' },
      says: [/db\/none\.sql/, /CHANGELOG/],
    },
    {
      name: 'self_include',
      when: 'a changelog includes itself',
      files: { 'changelog.yaml': 'databaseChangeLog:\n  - include: { file: changelog.yaml }\n' },
      entities: { location: 'changelog.yaml' },
      says: [/changelog\.yaml/, /includes? itself|circle|cycle/i],
    },
    {
      name: 'broken_changelog',
      when: 'a changelog has fields that nobody knows',
      files: {
        'changelog.yaml':
          'databaseChangeLog:\n  - changeSet:\n      id: 1\n      author: ada\n      changes:\n        - createTabel: { tableName: a }\n',
      },
      entities: { location: 'changelog.yaml' },
      says: [/changelog\.yaml:6:/, /createTable/],
    },
    {
      name: 'wrong_password',
      when: 'the password is wrong',
      password: 'not-it',
      says: [/DATABASE_LOGIN_REFUSED/, /refused the login/],
    },
    {
      name: 'unreachable',
      when: 'the database cannot be reached',
      entities: { target: { jdbcUrl: 'jdbc:postgresql://127.0.0.1:1/shop', user: 'shop' } },
      says: [/DATABASE_UNREACHABLE/, /127\.0\.0\.1:1|localhost:1/],
    },
    {
      name: 'no_database',
      when: 'the server has no such database',
      entities: { target: { jdbcUrl: target.jdbcUrl.replace(/[^/]+$/, 'no_such_db'), user: target.user } },
      says: [/DATABASE_NOT_FOUND|DATABASE_LOGIN_REFUSED/, /no_such_db/],
    },
    {
      name: 'no_revision',
      when: 'the Git revision is not there',
      entities: { branch: 'no-such-branch' },
      says: [/GIT_REVISION_NOT_FOUND/, /no-such-branch/],
    },
    {
      name: 'no_repository',
      when: 'the folder is no Git repository',
      entities: { repositoryDir: join(sluice.dir, 'repositories/empty') },
      prepare: () => mkdirSync(join(sluice.dir, 'repositories/empty')),
      says: [/GIT_/, /repositories\/empty/],
    },
    {
      name: 'no_value',
      when: 'a secret has no value',
      password: null,
      says: [/SECRET_HAS_NO_VALUE/, /no_value_password/, /sluice secret set/],
    },
    {
      name: 'forbidden_repository',
      when: 'the delegate’s policy does not allow the repository',
      entities: { repositoryDir: '/srv/elsewhere' },
      says: [/POLICY/, /\/srv\/elsewhere/, /policy\.yaml/],
    },
    {
      name: 'forbidden_variable',
      when: 'the delegate’s policy does not allow the environment variable',
      entities: { secretSpec: '{ provider: env, variable: HOME }' },
      password: null,
      says: [/POLICY/, /HOME/],
    },
    {
      name: 'own_variable',
      when: 'a secret names a variable of the delegate itself',
      entities: { secretSpec: '{ provider: env, variable: SLUICE_DELEGATE_TOKEN }' },
      password: null,
      says: [/SLUICE_DELEGATE_TOKEN/],
    },
    {
      name: 'forbidden_target',
      when: 'a sealed password is to be presented to another database than it was sealed for',
      prepare: () =>
        sluice.setSecret('forbidden_target_password', 'value-for-another', ['jdbc:postgresql://db.example.com/shop']),
      password: null,
      says: [/SECRET_AUDIENCE/, /forbidden_target_password/],
    },
    {
      name: 'nobody',
      when: 'no delegate has the tags that it asks for, after the time that it may wait',
      entities: { applyFields: '', selectors: '[mainframe]' },
      says: [/mainframe|delegate/i],
    },
  ]

  before(async () => {
    ;[sluice, target] = await Promise.all([openInstallation({ timeScale: 30 }), openTestTarget()])
    await sluice.startDelegate()
    bad = badRuns()
    for (const { name, files = { 'changelog.sql': goodSql }, entities, prepare, password = target.password } of bad) {
      const repository = sluice.createRepository(name)
      repository.commit(files)
      await sluice.apply(instanceEntities({ name, repositoryDir: repository.dir, target, ...entities }))
      if (password !== null) await sluice.setSecret(`${name}_password`, password, ['*'])
      await prepare?.()
    }
    for (const { name } of bad) {
      const id = await sluice.run(`${name}_pipeline`)
      ids.set(name, id)
      const done = sluice.waitForExecution(id, { timeoutMs: 90_000 })
      done.catch(() => {})
      running.set(name, done)
    }
  })
  after(async () => {
    await sluice?.[Symbol.asyncDispose]()
    await target?.close()
  })

  void test('while no delegate fits, API and command line say why', async () => {
    const id = ids.get('nobody') ?? ''
    const trace = await waitFor(
      async () => {
        const { tasks } = await sluice.client.call(executionEndpoints.selection, { params: { executionId: id } })
        return tasks[0]
      },
      { what: 'the task to wait' },
    )
    assert.deepEqual(trace.selectors, ['mainframe'])
    assert.equal(trace.delegates[0]?.fits, false)
    assert.match(trace.delegates[0].reasons.join(), /mainframe/)
    const shown = await runCli(sluice, ['execution', 'show', id, '--selection'])
    assert.equal(shown.exitCode, 0, shown.output)
    assert.match(shown.stdout, /cannot take it/)
    assert.match(shown.stdout, /mainframe/)
  })

  void test('every run fails and says what is wrong, and where', async (t) => {
    for (const { name, when, says } of bad) {
      await t.test(`a run fails when ${when}`, async () => {
        const execution = await running.get(name)
        assert.ok(execution !== undefined)
        const failures = failuresOf(execution)
        assert.equal(execution.state, 'Failed', failures)
        for (const pattern of says) assert.match(failures, pattern)
        for (const step of stepsOf(execution)) assert.equal(step.permit, undefined, `${step.path} had a permit to write`)
      })
    }
  })

  void test('none of them changed the database', async () => {
    const rows = await target.query("select relname from pg_class where relnamespace = 'public'::regnamespace")
    assert.deepEqual(rows, [])
  })

  void test('a broken pipeline is refused as a whole, with line, column and the nearest name of every problem', async () => {
    const yaml = `pipeline:
  identifier: broken
  name: broken
  orgIdentifier: default
  projectIdentifier: default
  stagse: []
  stages:
    - stage:
        identifier: one
        name: one
        type: Custom
        spec:
          execution:
            steps:
              - step:
                  identifier: apply
                  name: apply
                  type: DBSchemaAply
                  timeout: soon
                  spec: { dbSchema: a, dbInstance: b, tagg: c }
`
    const expected: readonly (readonly [number, RegExp, RegExp])[] = [
      [6, /stagse/, /stages/],
      [18, /DBSchemaAply/, /DBSchemaApply/],
      [19, /soon/, /30s/],
    ]
    const error = await sluice.client
      .call(entityEndpoints.pipeline.create, {
        body: { identifier: 'broken', orgIdentifier: 'default', projectIdentifier: 'default', yaml },
      })
      .then(
        () => assert.fail('it was stored'),
        (thrown: unknown) =>
          thrown as { kind: string; details: { issues: { line: number; column: number; message: string; hint?: string }[] } },
      )
    assert.equal(error.kind, 'invalid')
    for (const [line, message, hint] of expected) {
      const issue = error.details.issues.find((each) => each.line === line)
      assert.ok(issue !== undefined, JSON.stringify(error.details))
      assert.ok(issue.column > 0)
      assert.match(issue.message, message)
      assert.match(issue.hint ?? '', hint)
    }
    const file = join(sluice.dir, 'broken.yaml')
    writeFileSync(file, yaml)
    const applied = await runCli(sluice, ['apply', '-f', file])
    assert.equal(applied.exitCode, 2, applied.output)
    for (const [line, message] of expected) {
      assert.match(applied.stderr, new RegExp(`broken\\.yaml:${String(line)}:\\d+: error`))
      assert.match(applied.stderr, message)
    }
    writeFileSync(file, 'pipeline:\n  identifier: broken\n  stages: [\n')
    const unreadable = await runCli(sluice, ['apply', '-f', file])
    assert.equal(unreadable.exitCode, 2, unreadable.output)
    assert.match(unreadable.stderr, /broken\.yaml:\d+:\d+/)
    const stored = await runCli(sluice, ['get', 'pipeline', 'broken'])
    assert.equal(stored.exitCode, 1, stored.output)
  })

  void test('an entity with an unknown field or an unknown secret is refused by name', async () => {
    const file = join(sluice.dir, 'entity.yaml')
    writeFileSync(
      file,
      'dbSchema:\n  identifier: typo\n  migrationType: Liquibase\n  changelog: { connector: unreachable_git, location: a.sql }\n  serivce: shop\n',
    )
    const typo = await runCli(sluice, ['apply', '-f', file])
    assert.equal(typo.exitCode, 2, typo.output)
    assert.match(typo.stderr, /entity\.yaml:5:\d+.*serivce/)
    assert.match(typo.stderr, /service/)
    writeFileSync(
      file,
      `connector:\n  identifier: lost\n  type: Jdbc\n  spec:\n    connectionUrl: ${target.jdbcUrl}\n    auth: { type: UsernamePassword, spec: { username: a, passwordRef: no_such_secret } }\n`,
    )
    const lost = await runCli(sluice, ['apply', '-f', file])
    assert.notEqual(lost.exitCode, 0, lost.output)
    assert.match(lost.stderr, /no_such_secret/)
    assert.equal((await runCli(sluice, ['get', 'connector', 'lost'])).exitCode, 1)
  })

  void test('a body of 100 MB is refused before it is read, and costs the server no memory', async () => {
    const residentKiB = async (): Promise<number> => {
      const { readFile } = await import('node:fs/promises')
      return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${String(sluice.server.pid)}/status`, 'utf8'))?.[1])
    }
    const before = await residentKiB()
    const megabyte = new Uint8Array(1024 * 1024).fill(0x20)
    const send = (body: RequestInit['body'], headers: Record<string, string>): Promise<number | 'cut off'> =>
      fetch(`${sluice.url}/api/v1/pipelines`, {
        method: 'POST',
        body: body ?? null,
        duplex: 'half',
        headers: { authorization: `Bearer ${sluice.adminKey}`, 'content-type': 'application/json', ...headers },
      }).then(
        (response) => response.status,
        // The server may answer and hang up while we still send; then fetch shows the hang-up.
        () => 'cut off' as const,
      )
    const streamed = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let sent = 0; sent < 100; sent++) controller.enqueue(megabyte)
        controller.close()
      },
    })
    const chunked = await send(streamed, {})
    assert.ok(chunked === 413 || chunked === 'cut off', String(chunked))
    const whole = await send(Buffer.alloc(100 * 1024 * 1024, 0x20), {})
    assert.ok(whole === 413 || whole === 'cut off', String(whole))
    assert.ok((await residentKiB()) - before < 60 * 1024, 'the server grew')
    const { status } = await fetch(`${sluice.url}/health`)
    assert.equal(status, 200)
  })
})
