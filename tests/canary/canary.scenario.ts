import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createToken, silentLogger } from '@sluice/base'
import { entityEndpoints, executionEndpoints, type ExecutionView } from '@sluice/contract'
import { type EmbeddedPostgres, openEmbeddedPostgres } from '@sluice/embedded-postgres'
import { defaultReplacement } from '@sluice/masking'
import { openTempDir, type TempDir, waitFor } from '@sluice/testkit'
import pg from 'pg'
import { failuresOf, stepsOf } from '../support/execution-steps.ts'
import { type Installation, openInstallation, runnerPids } from '../support/installation.ts'
import { instanceEntities } from '../support/shop-entities.ts'
import type { TestRepository } from '../support/test-repository.ts'
import { openTestTarget, type TestTarget } from '../support/test-target.ts'
import { createNeedleSearch, type Hit } from './find-needles.ts'
import { followStreams, type FollowedStreams, harvestApi } from './harvest-api.ts'
import { searchProcessMemory } from './process-memory.ts'
import { keepValuesPlain, searchDump, searchFolder } from './search-postgres.ts'

/** Characters that every encoding writes in another way. */
const awkward = `+/=&%"'<>\\$;é`
const providers = ['sealed', 'env', 'file'] as const
type Provider = (typeof providers)[number]

// Random at both ends: broken into lines of base64, no line of one is a line of another.
const canary = (): string => `${createToken()}${awkward}${createToken()}`
const secrets = {
  sealed: canary(),
  env: canary(),
  file: canary(),
  /** Opened, presented to a database and refused. */
  wrong: canary(),
  /** A token for a Git host that is not there: git is told it, and fails. */
  git: canary(),
  /** Sealed, and used by nothing. */
  idle: canary(),
}
/** Not a secret: it is where canaries must not be, so that a search that finds nothing is known to be able to find. */
const decoy = canary()

const secretSearch = createNeedleSearch(Object.entries(secrets).map(([name, value]) => ({ name, value })))
/** Wider than a page of the write-ahead log: it lies across two. */
const wideDecoy = canary().padEnd(9000, 'x')
const decoySearch = createNeedleSearch([
  { name: 'decoy', value: decoy },
  { name: 'wide', value: wideDecoy },
])

function assertNone(hits: readonly Hit[], what: string): void {
  assert.deepEqual(hits.slice(0, 10), [], `${what} holds a secret`)
}

/** The ways in which a database or its driver may write a value into a message. */
function spellingsOf(value: string): readonly string[] {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  return [
    value,
    `connection failed: password=${value};host=db`,
    base64(value),
    base64(`x${value}`),
    base64(`xy${value}`),
    Buffer.from(`user:${value}`).toString('base64url'),
    Buffer.from(value).toString('hex'),
    Buffer.from(value).toString('hex').toUpperCase(),
    encodeURIComponent(value),
    new URLSearchParams({ value }).toString(),
    JSON.stringify({ password: value }),
    JSON.stringify(JSON.stringify({ password: value })),
    value.replaceAll("'", "''"),
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  ]
}

const gateKey = 4711
const gitUrl = 'https://git.example.invalid/shop.git'
const hostileSql = `
--changeset eve:notices splitStatements:false
DO $$ DECLARE spelling text; BEGIN
  FOR spelling IN SELECT text FROM hostile LOOP
    RAISE NOTICE '%', spelling;
    RAISE WARNING 'again: %', spelling USING DETAIL = spelling, HINT = spelling;
  END LOOP;
END $$;
--rollback SELECT 1;
--changeset eve:gate
SELECT pg_advisory_xact_lock(${String(gateKey)});
--rollback SELECT 1;
`
const failingSql = `
--changeset eve:exception splitStatements:false
DO $$ DECLARE all_of_them text; BEGIN
  SELECT string_agg(text, E'\\n') INTO all_of_them FROM hostile;
  RAISE EXCEPTION '%', all_of_them USING DETAIL = all_of_them, HINT = all_of_them;
END $$;
--rollback SELECT 1;
`

void describe('no secret reaches the control plane', () => {
  let temp: TempDir
  let control: EmbeddedPostgres
  let sluice: Installation
  let client: pg.Client
  let streams: FollowedStreams
  let repository: TestRepository
  const targets = new Map<Provider, TestTarget>()
  const target = (provider: Provider): TestTarget => targets.get(provider) as TestTarget

  before(async () => {
    temp = await openTempDir()
    const secretsDir = join(temp.path, 'secrets')
    mkdirSync(secretsDir)
    writeFileSync(join(secretsDir, 'password'), `${secrets.file}\n`)
    control = await openEmbeddedPostgres({
      dataDir: join(temp.path, 'control'),
      user: 'postgres',
      password: createToken(),
      logger: silentLogger,
      durability: 'off',
      lifetime: 'child',
    })
    sluice = await openInstallation({
      databaseUrl: control.url,
      env: { SLUICE_LOG_LEVEL: 'debug' },
      delegateEnv: { CANARY_PASSWORD: secrets.env },
      policy: (repositoriesDir) =>
        `git: { allowLocalPaths: [${JSON.stringify(repositoriesDir)}] }\nsecrets:\n  env: [CANARY_PASSWORD]\n  file: { root: ${JSON.stringify(secretsDir)} }\n`,
    })
    client = new pg.Client({ connectionString: control.url })
    await client.connect()
    await keepValuesPlain(client)
    await sluice.startDelegate()
    await plantSecrets()
    streams = followStreams(sluice, [executionEndpoints.listEvents.path])
  })
  after(async () => {
    await streams?.stop()
    await client?.end()
    await sluice?.[Symbol.asyncDispose]()
    for (const each of targets.values()) await each.close()
    await control?.stop()
    await temp?.[Symbol.asyncDispose]()
  })

  async function plantSecrets(): Promise<void> {
    repository = sluice.createRepository('shop')
    repository.commit({ 'changelog.sql': `--liquibase formatted sql\n${hostileSql}` })
    const secretSpecs = {
      sealed: '{ provider: sealed }',
      env: '{ provider: env, variable: CANARY_PASSWORD }',
      file: '{ provider: file, path: password }',
    }
    for (const provider of providers) {
      const opened = await openTestTarget()
      targets.set(provider, opened)
      await opened.query(`alter role "${opened.user}" password ${pg.escapeLiteral(secrets[provider])}`)
      await opened.query(`create table hostile (text text); grant select on hostile to "${opened.user}"`)
      for (const spelling of spellingsOf(secrets[provider])) await opened.query('insert into hostile values ($1)', [spelling])
      await sluice.apply(
        instanceEntities({
          name: provider,
          repositoryDir: repository.dir,
          target: opened,
          secretSpec: secretSpecs[provider],
        }),
      )
    }
    await sluice.setSecret('sealed_password', secrets.sealed, [target('sealed').jdbcUrl])
    await sluice.apply(instanceEntities({ name: 'wrong', repositoryDir: repository.dir, target: target('env') }))
    await sluice.setSecret('wrong_password', secrets.wrong, [target('env').jdbcUrl])
    await sluice.apply(
      'secret: { identifier: idle, orgIdentifier: default, projectIdentifier: default, spec: { provider: sealed } }',
    )
    await sluice.setSecret('idle', secrets.idle, [target('env').jdbcUrl])
    await sluice.apply(instanceEntities({ name: 'git', repositoryDir: repository.dir, target: target('env') }))
    await sluice.setSecret('git_password', secrets.git, ['*'])
    await sluice.apply(
      `connector: { identifier: git_git, orgIdentifier: default, projectIdentifier: default, type: Git, spec: { url: "${gitUrl}", authentication: { type: Http, spec: { username: robot, tokenRef: git_password } } } }`,
    )
    await sluice.client.call(entityEndpoints.connector.create, {
      body: {
        identifier: 'decoy',
        orgIdentifier: 'default',
        projectIdentifier: 'default',
        description: decoy,
        type: 'Git',
        spec: { url: 'https://git.example.com/decoy.git' },
      },
    })
  }

  async function runAll(): Promise<Map<Provider, string>> {
    const ids = new Map<Provider, string>()
    for (const provider of providers) ids.set(provider, await sluice.run(`${provider}_pipeline`))
    return ids
  }

  void test('while runners hold the values, neither their environment, their arguments nor any file has them', async () => {
    const gates = await Promise.all(
      providers.map(async (provider) => {
        const gate = new pg.Client({ connectionString: target(provider).database.url })
        await gate.connect()
        await gate.query(`select pg_advisory_lock(${String(gateKey)})`)
        return gate
      }),
    )
    const ids = await runAll()
    const paths = [...ids.values()].map((id) => executionEndpoints.events.path.replace('{executionId}', id))
    const watched = followStreams(sluice, paths)
    let logs: FollowedStreams | undefined
    try {
      for (const provider of providers) {
        await waitFor(
          async () =>
            (
              await target(provider).query(
                `select 1 from pg_locks where locktype = 'advisory' and objid = ${String(gateKey)} and not granted`,
              )
            ).length > 0,
          {
            timeoutMs: 30_000,
            what: () =>
              `the changeset of ${provider} to wait at the gate; the delegate says:\n${sluice.delegate?.output.slice(-2000) ?? ''}`,
          },
        )
      }
      const logPaths: string[] = []
      for (const id of ids.values()) {
        const log = await waitFor(async () => stepsOf(await sluice.getExecution(id))[0]?.log, { what: 'the log to begin' })
        logPaths.push(executionEndpoints.logStream.path.replace('{executionId}', id).replace('{stream}', log.stream))
      }
      logs = followStreams(sluice, logPaths)
      const runners = runnerPids(sluice.delegateDir)
      assert.equal(runners.length, 3)
      for (const pid of runners) {
        for (const name of ['environ', 'cmdline'])
          assertNone(secretSearch.search(readFileSync(`/proc/${String(pid)}/${name}`), name), `${name} of a runner`)
      }
      // The searcher works: each value is in the memory of the runner that uses it, and of that one alone.
      const held: string[] = []
      for (const pid of runners) {
        const { hits } = await searchProcessMemory(pid, secretSearch, 'runner')
        held.push([...new Set(hits.map((hit) => hit.canary))].join())
      }
      assert.deepEqual(new Set(held), new Set(['env', 'file', 'sealed']))
      const folder = searchFolder(sluice.delegateDir, secretSearch)
      assertNone(folder.hits, 'the delegate’s folder')
      assert.ok(folder.bytes > 1000)
      assertNone((await searchProcessMemory(sluice.server.pid, secretSearch, 'server')).hits, 'the server’s memory')
    } finally {
      for (const gate of gates) await gate.end()
    }
    for (const id of ids.values()) {
      const execution = await sluice.waitForExecution(id)
      assert.equal(execution.state, 'Succeeded', failuresOf(execution))
      const [step] = stepsOf(execution)
      const text = await sluice.readWholeLog(id, step?.log?.stream ?? '')
      // Every spelling was there to be masked: each is raised as a notice, and as a warning with detail and hint.
      assert.ok(text.split(defaultReplacement).length > 2 * spellingsOf('').length, `the log shows too few masks:\n${text}`)
    }
    await watched.stop()
    await logs?.stop()
    for (const { path, bytes } of [...watched.answers, ...(logs?.answers ?? [])]) {
      assert.ok(bytes.length > 100, `${path} sent nothing`)
      assertNone(secretSearch.search(bytes, path), path)
    }
  })

  void test('a database that quotes the value in an error, and a tag that is the value, give nothing away', async () => {
    repository.commit({ 'changelog.sql': `--liquibase formatted sql\n${hostileSql}${failingSql}` })
    for (const provider of providers) {
      // The last tag becomes the output preStartTag.
      const tag = secrets[provider]
      await target(provider).query(
        `update databasechangelog set tag = $1 where orderexecuted = (select max(orderexecuted) from databasechangelog)`,
        [tag],
      )
    }
    const ids = [...(await runAll()).values(), await sluice.run('wrong_pipeline'), await sluice.run('git_pipeline')]
    const executions: ExecutionView[] = []
    for (const id of ids) executions.push(await sluice.waitForExecution(id))
    assert.deepEqual(
      executions.map(({ state }) => state),
      ['Failed', 'Failed', 'Failed', 'Failed', 'Failed'],
    )
    for (const execution of executions.slice(0, 3)) {
      assert.ok(failuresOf(execution).includes(defaultReplacement), failuresOf(execution))
      assert.equal(stepsOf(execution)[0]?.outputs?.['preStartTag'], defaultReplacement)
    }
    assert.match(failuresOf(executions[3] as ExecutionView), /DATABASE_LOGIN_REFUSED/)
    assert.match(failuresOf(executions[4] as ExecutionView), /GIT_UNREACHABLE.*example\.invalid/)
    for (const execution of executions) assertNone(secretSearch.search(Buffer.from(JSON.stringify(execution)), 'view'), 'a view')
  })

  void test('no answer of the API and no event holds a secret', async () => {
    const answers = await harvestApi(sluice)
    await streams.stop()
    let decoys = 0
    for (const { path, bytes } of [...answers, ...streams.answers]) {
      assertNone(secretSearch.search(bytes, path), path)
      decoys += decoySearch.search(bytes, path).length
    }
    assert.ok(decoys > 0, 'the search cannot find what is there')
    assert.ok((streams.answers[0]?.bytes.length ?? 0) > 100)
  })

  void test('no log of server and delegate holds a secret', () => {
    for (const [name, started] of Object.entries({ server: sluice.server, delegate: sluice.delegate })) {
      assert.ok((started?.output.length ?? 0) > 100, `the ${name} printed nothing`)
      assertNone(secretSearch.search(Buffer.from(started?.output ?? ''), name), `the output of the ${name}`)
    }
    assertNone(searchFolder(sluice.delegateDir, secretSearch).hits, 'the delegate’s folder')
    assertNone(searchFolder(sluice.dir, secretSearch).hits, 'the folder of the installation')
  })

  void test('neither a dump of the control plane’s database nor its files and write-ahead log hold a secret', async () => {
    const dump = await searchDump(client, { secrets: secretSearch, decoy: decoySearch })
    assertNone(dump['secrets'] ?? [], 'the dump')
    assert.ok((dump['decoy']?.length ?? 0) > 0, 'the search cannot find what is in the dump')
    await client.query("select pg_logical_emit_message(true, 'decoy', $1::text)", [wideDecoy])
    await client.query('checkpoint')
    const folder = join(temp.path, 'control')
    const { hits, bytes } = searchFolder(folder, secretSearch)
    assertNone(hits, 'the control plane’s PostgreSQL')
    assert.ok(bytes > 16 * 1024 * 1024)
    const found = searchFolder(folder, decoySearch).hits
    for (const [name, part] of [
      ['decoy', '/base/'],
      ['decoy', '/pg_wal/'],
      ['wide', '/pg_wal/'],
    ] as const)
      assert.ok(
        found.some(({ canary, place }) => canary === name && place.includes(part)),
        `the search cannot find ${name} in ${part}`,
      )
  })

  void test('the memory of the server holds no secret', async () => {
    const { hits, bytes } = await searchProcessMemory(sluice.server.pid, secretSearch, 'server')
    assertNone(hits, 'the server’s memory')
    assert.ok(bytes > 50 * 1024 * 1024)
    assert.ok(
      (await searchProcessMemory(sluice.server.pid, decoySearch, 'server')).hits.length > 0,
      'the search cannot find what is in the memory',
    )
  })
})
