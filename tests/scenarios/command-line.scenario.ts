import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Installation, openInstallation } from '../support/installation.ts'
import { type CliRun, runCli } from '../support/run-cli.ts'
import { instanceEntities } from '../support/shop-entities.ts'
import type { TestRepository } from '../support/test-repository.ts'
import { openTestTarget, type TestTarget } from '../support/test-target.ts'

const goodSql = '--liquibase formatted sql\n--changeset ada:1\nCREATE TABLE a (id int);\n--rollback DROP TABLE a;\n'

void describe('the command line, as a script uses it', () => {
  let sluice: Installation
  let target: TestTarget
  let repository: TestRepository
  let entities = ''
  let file = ''

  before(async () => {
    ;[sluice, target] = await Promise.all([openInstallation({ timeScale: 20 }), openTestTarget()])
    await sluice.startDelegate()
    repository = sluice.createRepository('shop')
    repository.commit({ 'changelog.sql': goodSql })
    entities = instanceEntities({ name: 'shop', repositoryDir: repository.dir, target })
    file = join(sluice.dir, 'entities.yaml')
    writeFileSync(file, entities)
  })
  after(async () => {
    await sluice?.[Symbol.asyncDispose]()
    await target?.close()
  })

  const cli = (...args: string[]): Promise<CliRun> => runCli(sluice, args)
  const run = async (exitCode: number, ...args: string[]): Promise<CliRun> => {
    const result = await cli(...args)
    assert.equal(result.exitCode, exitCode, `sluice ${args.join(' ')}:\n${result.output}`)
    return result
  }

  void test('apply --dry-run shows what would be, and writes nothing', async () => {
    const dry = await run(0, 'apply', '-f', file, '--dry-run')
    assert.match(dry.stdout, /shop_pipeline/)
    assert.match(dry.stdout, /create/i)
    await run(1, 'get', 'pipeline', 'shop_pipeline')
  })

  void test('apply finds what only the server can know, with its place, and writes nothing of it', async () => {
    const wrong = join(sluice.dir, 'wrong.yaml')
    writeFileSync(
      wrong,
      entities.replace('connector: shop_db', 'connector: shop_dbb').replace('jdbc:postgresql://', 'jdbc:postgresql://host:port,'),
    )
    const line = (text: string): number => entities.slice(0, entities.indexOf(text)).split('\n').length
    for (const more of [[], ['--dry-run']]) {
      const { stderr } = await run(2, 'apply', '-f', wrong, ...more)
      assert.match(stderr, new RegExp(`wrong\\.yaml:${String(line('connectionUrl:'))}:\\d+: error: connector "shop_db"`), stderr)
      assert.match(
        stderr,
        new RegExp(`wrong\\.yaml:${String(line('connector: shop_db'))}:\\d+: error: dbInstance .*"shop_dbb"`),
        stderr,
      )
      assert.match(stderr, /2 problems; nothing was written/)
    }
    await run(1, 'get', 'secret', 'shop_password')
  })

  void test('apply writes all of it in the right order, twice makes no difference, and a change is shown as one', async () => {
    await run(0, 'apply', '-f', file)
    const again = await run(0, 'apply', '-f', file, '--json')
    assert.ok(!/"(created|updated|create|update)"/.test(again.stdout), again.stdout)
    writeFileSync(file, entities.replace('branch: main', 'branch: main, context: test'))
    const dry = await run(0, 'apply', '-f', file, '--dry-run')
    assert.match(dry.stdout, /\+ *context: "?test/)
    assert.doesNotMatch(dry.stdout, /connectionUrl/, 'what stays is not shown as changed')
    writeFileSync(file, entities)
  })

  void test('lists of an organization or project that is not there say which there are', async () => {
    for (const list of [
      ['get', 'pipelines'],
      ['execution', 'list'],
    ]) {
      const { stderr } = await run(1, ...list, '--org', 'defualt')
      assert.match(stderr, /There is no organization "defualt"\..*Did you mean "default"\?/s)
      assert.match(
        (await run(1, ...list, '--project', 'shop')).stderr,
        /There is no project "default\/shop"\..*Projects of "default": default\./s,
      )
    }
  })

  void test('a key is made, used for what its role and scope allow, and revoked', async () => {
    const made = await run(0, 'api-key', 'create', 'reader', '--role', 'viewer', '--days', '1')
    const reader = { url: sluice.url, dir: sluice.dir, adminKey: made.stdout.trimEnd() }
    assert.equal((await runCli(reader, ['get', 'pipelines'])).exitCode, 0)
    assert.match((await runCli(reader, ['api-key', 'list'])).stderr, /needs the role "admin"/)
    assert.match((await run(0, 'api-key', 'list')).stdout, /reader +viewer +default\/default/)
    await run(0, 'api-key', 'revoke', 'reader')
    assert.equal((await runCli(reader, ['get', 'pipelines'])).exitCode, 1)
    assert.match((await run(2, 'api-key', 'create', 'x', '--role', 'viewer', '--org', 'none')).stderr, /none/)
  })

  void test('get lists and shows, for people and as JSON', async () => {
    const list = await run(0, 'get', 'dbInstances')
    assert.match(list.stdout, /shop_instance/)
    const one = await run(0, 'get', 'pipeline', 'shop_pipeline')
    assert.match(one.stdout, /DBSchemaApply/)
    // What is shown can be applied again.
    const shown = join(sluice.dir, 'shown.yaml')
    writeFileSync(shown, (await run(0, 'get', 'connector', 'shop_db')).stdout)
    assert.match((await run(0, 'apply', '-f', shown)).stdout, /shop_db: unchanged/)
    const json = (await run(0, 'get', 'connector', 'shop_db', '--json')).json<{ spec: { identifier: string } }>()
    assert.equal(json.spec.identifier, 'shop_db')
    const missing = await run(1, 'get', 'pipeline', 'nothing', '--json')
    const error = JSON.parse(missing.stderr) as { error: { kind: string; code: string } }
    assert.equal(error.error.kind, 'notFound')
    assert.equal((await cli('get', 'pipelin')).exitCode, 2)
  })

  void test('a secret’s value comes from stdin and is shown nowhere', async () => {
    const set = await runCli(sluice, ['secret', 'set', 'shop_password', '--for', 'shop_db'], `${target.password}\n`)
    assert.equal(set.exitCode, 0, set.output)
    assert.ok(!set.output.includes(target.password))
    const list = await run(0, 'secret', 'list', '--json')
    assert.match(list.stdout, /shop_password/)
    assert.ok(!list.output.includes(target.password))
  })

  void test('what others refer to is not deleted, and the message names them', async () => {
    const refused = await run(1, 'delete', 'connector', 'shop_db')
    assert.match(refused.stderr, /shop_instance/)
    await run(0, 'get', 'connector', 'shop_db')
    assert.match((await run(1, 'delete', 'dbInstance', 'shop_instance')).stderr, /shop_pipeline/)
    await run(0, 'delete', 'pipeline', 'shop_pipeline')
    await run(0, 'delete', 'dbInstance', 'shop_instance')
    await run(1, 'get', 'dbInstance', 'shop_instance')
    await run(0, 'apply', '-f', file)
  })

  void test('pipeline run --wait ends with 0 when it succeeded, logs and changesets can be read', async () => {
    const started = await run(0, 'pipeline', 'run', 'shop_pipeline', '--wait')
    const id = /exe_[a-z0-9]+/.exec(started.output)?.[0] ?? ''
    assert.match((await run(0, 'execution', 'logs', id, 'apply')).stdout, /1 changesets applied to shop_instance/)
    const shown = await run(0, 'execution', 'show', id, '--changesets')
    assert.match(shown.stdout, /Succeeded/)
    const json = (await run(0, 'execution', 'show', id, '--json')).json<{ state: string }>()
    assert.equal(json.state, 'Succeeded')
    assert.match((await run(0, 'execution', 'list')).stdout, new RegExp(id))
    assert.match((await run(0, 'target', 'list')).stdout, /free/)
    const resolve = await run(1, 'execution', 'resolve', id, 'apply', '--as', 'succeeded', '--reason', 'because')
    assert.match(resolve.stderr, /not Unknown|Unknown/)
    const wrong = await run(2, 'execution', 'resolve', id, 'apply', '--as', 'perhaps', '--reason', 'because')
    assert.match(wrong.stderr, /succeeded.*failed.*not-started/)
    assert.equal((await cli('execution', 'cancel', id)).exitCode, 1)
  })

  void test('pipeline run --follow ends with 1 when it failed, after its log', async () => {
    repository.commit({ 'changelog.sql': `${goodSql}--changeset ada:2\nSELECT no_such_function();\n` })
    const followed = await run(1, 'pipeline', 'run', 'shop_pipeline', '--follow')
    assert.match(followed.output, /no_such_function/)
    assert.match(followed.output, /Failed/)
    repository.commit({ 'changelog.sql': goodSql })
    const unknown = await run(1, 'pipeline', 'run', 'no_such_pipeline')
    assert.match(unknown.stderr, /no_such_pipeline/)
    assert.equal((await cli('pipeline', 'run', 'shop_pipeline', '--input', 'nonsense')).exitCode, 2)
    assert.equal((await cli('pipeline', 'run', 'shop_pipeline', '--input', 'nonsense=1')).exitCode, 2)
  })

  void test('applies at the same time leave one of their texts, and those that lost say so', async () => {
    const texts = [1, 2, 3, 4].map((number) => entities.replace(/name: shop$/m, `name: shop ${String(number)}`))
    const results = await Promise.all(
      texts.map((text, index) => {
        const path = join(sluice.dir, `entities-${String(index)}.yaml`)
        writeFileSync(path, text)
        return cli('apply', '-f', path)
      }),
    )
    for (const { exitCode, output } of results) {
      assert.ok(exitCode === 0 || exitCode === 1, output)
      if (exitCode === 1) assert.match(output, /changed|version|meanwhile/i)
    }
    assert.ok(results.some(({ exitCode }) => exitCode === 0))
    const stored = await run(0, 'get', 'pipeline', 'shop_pipeline')
    assert.match(stored.stdout, /name: shop [1-4]$/m)
  })

  void test('a server that does not answer, and a key that is wrong, end with their own exit codes', async () => {
    const there = { url: sluice.url, dir: sluice.dir, adminKey: sluice.adminKey }
    const nobody = await runCli({ ...there, url: 'http://127.0.0.1:1' }, ['get', 'pipelines'])
    assert.equal(nobody.exitCode, 4, nobody.output)
    const stranger = await runCli({ ...there, adminKey: 'slk_wrong' }, ['get', 'pipelines'])
    assert.equal(stranger.exitCode, 1, stranger.output)
    const unsafe = await runCli({ ...there, url: 'http://sluice.example.com' }, ['get', 'pipelines'])
    assert.equal(unsafe.exitCode, 2, unsafe.output)
  })
})
