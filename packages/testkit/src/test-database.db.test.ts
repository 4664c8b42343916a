import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { spawnProcess } from './spawn-process.ts'
import type { SpawnedProcess } from './spawn-process.ts'
import { withTempDir } from './temp-dir.ts'
import { openTestDatabase } from './test-database.ts'
import { openTestPostgres } from './test-postgres.ts'

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0]
  } finally {
    await client.end()
  }
}

test('every database is fresh, has the superuser, and is gone after its test', async (t) => {
  let name = ''
  await t.test('inner', async (inner) => {
    const database = await openTestDatabase(inner)
    name = database.name
    assert.equal(await ask(database.url, 'select current_database()::text'), name)
    assert.equal(await ask(database.url, 'select usesuper from pg_user where usename = current_user'), true)
    assert.equal(await ask(database.url, "select count(*)::int from pg_class where relnamespace = 'public'::regnamespace"), 0)
  })
  const server = await openTestPostgres()
  assert.equal(await ask(server.url, `select count(*)::int from pg_database where datname = '${name}'`), 0)
})

test('a template is built once, however many ask for it at once', async (t) => {
  let built = 0
  const template = {
    name: 'testkit',
    key: `${process.pid}.${Date.now()}`,
    build: async (url: string) => {
      built++
      await ask(url, 'create table things as select 1 as n')
    },
  }
  const databases = await Promise.all([1, 2, 3].map(() => openTestDatabase(t, { template })))
  for (const { url } of databases) assert.equal(await ask(url, 'select n from things'), 1)
  assert.equal(built, 1)
})

test('processes share one server, which ends with the last of them, also after SIGKILL', { timeout: 60_000 }, async () => {
  await withTempDir(async (dir) => {
    const script = `
      import { openTestPostgres } from ${JSON.stringify(import.meta.resolve('./test-postgres.ts'))}
      process.on('SIGTERM', () => process.exit(0))
      const server = await openTestPostgres()
      console.log('url ' + server.url)
      setInterval(() => {}, 1000)`
    const start = (): SpawnedProcess =>
      spawnProcess({ command: process.execPath, args: ['--input-type=module', '-e', script], env: { TMPDIR: dir } })
    const urlOf = async (child: SpawnedProcess): Promise<string> => (await child.waitForOutput(/url (.*)\n/))[1] ?? ''

    await using first = start()
    await using second = start()
    const url = await urlOf(first)
    assert.equal(await urlOf(second), url)
    await first.kill('SIGTERM')
    assert.equal(await ask(url, 'select 1'), 1)
    await second.kill('SIGKILL')
    // Nobody was left to stop it: the next one finds it, and is the last.
    assert.equal(await ask(url, 'select 1'), 1)
    await using third = start()
    assert.equal(await urlOf(third), url)
    await third.kill('SIGTERM')
    await assert.rejects(ask(url, 'select 1'), { code: 'ECONNREFUSED' })
  })
})
