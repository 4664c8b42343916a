import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { AppError, silentLogger } from '@sluice/base'
import pg from 'pg'
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres-options.ts'
import { openEmbeddedPostgres } from './open-embedded-postgres.ts'
import { isProcessRunning, waitForEnd } from './process-probe.ts'

// One cluster is made for most tests and handed on from one to the next: making it takes longer than all the rest.
const base = mkdtempSync(join(tmpdir(), 'sluice-embedded-test-'))
after(() => rmSync(base, { recursive: true, force: true }))
chmodSync(base, 0o755)
const dataDir = join(base, 'data')
const isRoot = process.geteuid?.() === 0

function options(change: Partial<EmbeddedPostgresOptions> = {}): EmbeddedPostgresOptions {
  return {
    dataDir,
    user: 'ann',
    password: 'first "word\'',
    database: 'shop',
    logger: silentLogger,
    durability: 'off',
    lifetime: 'child',
    ...change,
  }
}

async function ask(server: { url: string }, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: server.url })
  client.on('error', () => {})
  await client.connect()
  try {
    const result = await client.query<Record<string, unknown>>(sql)
    return Object.values(result.rows[0] ?? {})[0]
  } finally {
    await client.end()
  }
}

async function failure(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof AppError, `expected an AppError, got ${String(error)}`)
  return error
}

/** Runs a script that opens the folder and prints the server's pid, then does as told. */
function openElsewhere(then: string, change: Partial<EmbeddedPostgresOptions>, extra: { uid?: number; gid?: number } = {}) {
  const { logger: _, ...rest } = options(change)
  const script = `
    import { openEmbeddedPostgres } from ${JSON.stringify(import.meta.resolve('./index.ts'))}
    const logger = { debug() {}, info() {}, warn() {}, error() {} }
    const server = await openEmbeddedPostgres({ ...${JSON.stringify(rest)}, logger })
    console.log(server.pid + ' ' + server.url)
    ${then}`
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'], ...extra })
}

async function firstLine(child: ReturnType<typeof openElsewhere>): Promise<{ pid: number; url: string }> {
  const ended = once(child, 'exit').then(() => assert.fail('The other process ended before it had opened its server.'))
  const [chunk] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer]
  ended.catch(() => {})
  const [pid, url] = chunk.toString().trim().split(' ')
  return { pid: Number(pid), url: url ?? '' }
}

test('a new folder gets a server with UTF-8, code-point order, and a role that owns everything', async () => {
  await using server = await openEmbeddedPostgres(options({ settings: { max_connections: 17 } }))
  assert.equal(await ask(server, 'select current_user::text'), 'ann')
  assert.equal(await ask(server, 'select current_database()::text'), 'shop')
  assert.equal(await ask(server, 'select usesuper from pg_user where usename = current_user'), true)
  assert.equal(await ask(server, "select upper('é') || ('Z' < 'a')::text || current_setting('server_encoding')"), 'ÉtrueUTF8')
  assert.equal(await ask(server, 'show max_connections'), '17')
  assert.equal(await ask(server, 'show listen_addresses'), '127.0.0.1')
  assert.equal(await ask(server, 'show unix_socket_directories'), '')
  await ask(server, 'create table kept (n int)')
})

test('the password is neither on disk nor in the process list', async () => {
  await using server = await openEmbeddedPostgres(options())
  const { password } = options()
  for (const name of ['embedded-postgres.json', 'postgres.log', 'cluster/pg_hba.conf', 'cluster/postmaster.opts']) {
    assert.ok(!readFileSync(join(dataDir, name), 'utf8').includes(password), name)
  }
  assert.ok(!server.logPath.includes(password))
})

test('a wrong password is refused, and another one at the next start takes effect', async () => {
  const changed = options({ password: 'second', database: 'shop2' })
  await using server = await openEmbeddedPostgres(changed)
  assert.equal(await ask(server, 'select current_database()::text'), 'shop2')
  const old = new pg.Client({ connectionString: server.url.replace('second', 'first') })
  await assert.rejects(old.connect(), { code: '28P01' })
})

test('the data and the port are still there after a stop', async () => {
  const first = await openEmbeddedPostgres(options())
  await first.stop()
  assert.ok(!isProcessRunning(first.pid))
  await using second = await openEmbeddedPostgres(options())
  assert.equal(second.port, first.port)
  assert.equal(await ask(second, 'select count(*)::int from kept'), 0)
})

test('a folder that is open already is refused', async () => {
  await using _ = await openEmbeddedPostgres(options())
  const error = await failure(openEmbeddedPostgres(options()))
  assert.equal(error.code, 'FILE_LOCK_HELD')
  assert.match(error.message, new RegExp(`process ${process.pid}`))
})

test('a port that another program holds is refused by name', async () => {
  const rival = createServer().listen(0, '127.0.0.1')
  await once(rival, 'listening')
  const { port } = rival.address() as { port: number }
  const error = await failure(openEmbeddedPostgres(options({ port })))
  rival.close()
  assert.equal(error.code, 'EMBEDDED_POSTGRES_PORT_TAKEN')
  assert.match(error.message, new RegExp(String(port)))
})

test('a setting that PostgreSQL refuses is quoted from its log', async () => {
  const error = await failure(openEmbeddedPostgres(options({ settings: { max_connections: 'many' } })))
  assert.equal(error.code, 'EMBEDDED_POSTGRES_START_FAILED')
  assert.match(error.message, /invalid value for parameter "max_connections"/)
})

test('a server killed with SIGKILL comes back by itself on the same port, with every acknowledged commit', async () => {
  await using server = await openEmbeddedPostgres(options({ restart: true }))
  await ask(server, 'insert into kept values (1)')
  const { pid, port } = server
  process.kill(pid, 'SIGKILL')
  const deadline = Date.now() + 20_000
  while (server.pid === pid && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.notEqual(server.pid, pid)
  assert.equal(server.port, port)
  assert.equal(await ask(server, 'select count(*)::int from kept'), 1)
})

test('without restart the end of a killed server is told', async () => {
  const server = await openEmbeddedPostgres(options())
  process.kill(server.pid, 'SIGKILL')
  await server.ended
  await server.stop()
})

test('a leftover postmaster.pid whose number belongs to another process stops nothing', async () => {
  const file = join(dataDir, 'cluster', 'postmaster.pid')
  writeFileSync(file, `${process.pid}\n${join(dataDir, 'cluster')}\n1\n5432\n\n127.0.0.1\n     1         1\nready   \n`)
  await using server = await openEmbeddedPostgres(options())
  assert.equal(await ask(server, 'select 1'), 1)
})

test('lifetime "child": the server ends when its process is killed with SIGKILL', async () => {
  const child = openElsewhere("setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50)", { lifetime: 'child' })
  const { pid } = await firstLine(child)
  await once(child, 'exit')
  assert.ok(await waitForEnd(pid, 10_000))
})

test('lifetime "detached": the server outlives its process and is taken over as it runs', async () => {
  const child = openElsewhere("process.kill(process.pid, 'SIGKILL')", { lifetime: 'detached' })
  const { pid } = await firstLine(child)
  await once(child, 'exit')
  await using server = await openEmbeddedPostgres(options())
  assert.equal(server.pid, pid)
  assert.equal(await ask(server, 'select 1'), 1)
})

test('a running server with other settings is restarted when it is taken over', async () => {
  const first = await openEmbeddedPostgres(options({ lifetime: 'detached' }))
  await first.release()
  await using second = await openEmbeddedPostgres(options({ settings: { max_connections: 18 } }))
  assert.notEqual(second.pid, first.pid)
  assert.equal(await ask(second, 'show max_connections'), '18')
})

test('a cluster of another major version is refused before anything is touched', async () => {
  const file = join(dataDir, 'cluster', 'PG_VERSION')
  const before = readFileSync(file)
  writeFileSync(file, '16\n')
  const error: AppError = await failure(openEmbeddedPostgres(options())).finally(() => writeFileSync(file, before))
  assert.equal(error.code, 'EMBEDDED_POSTGRES_VERSION_MISMATCH')
  assert.match(error.message, /PostgreSQL 16.*PostgreSQL 17/)
})

test('options that cannot work are refused', async () => {
  for (const change of [{ user: 'pg_x' }, { user: '' }, { password: 'ü' }, { database: 'a\nb' }, { port: 70_000 }]) {
    assert.equal((await failure(openEmbeddedPostgres(options(change)))).code, 'EMBEDDED_POSTGRES_OPTIONS')
  }
})

test('the data folder may stand below one that is closed to everybody else', async () => {
  const closed = join(base, 'closed')
  mkdirSync(closed, { mode: 0o700 })
  await using server = await openEmbeddedPostgres(options({ dataDir: join(closed, 'data'), durability: 'full' }))
  assert.equal(await ask(server, 'select 1'), 1)
  // Large objects, sorting on disk and a checkpoint: all of them open files by name.
  await ask(server, "set work_mem = '64kB'")
  assert.equal(
    await ask(server, 'select count(*)::int from (select * from generate_series(1, 500000) n order by n desc limit 400000) s'),
    400000,
  )
  await ask(server, 'checkpoint')
})

test(
  'an ordinary user can run it, and root can take such a folder over without taking it away',
  { skip: !isRoot && 'needs root' },
  async () => {
    // "daemon": a user that every system has.
    const home = join(base, 'home')
    mkdirSync(home)
    chownSync(home, 1, 1)
    const own = { dataDir: join(home, 'data') }
    const child = openElsewhere('await server.stop()', own, { uid: 1, gid: 1 })
    const { url } = await firstLine(child)
    assert.match(url, /^postgres:/)
    const [code] = (await once(child, 'exit')) as [number]
    assert.equal(code, 0)
    await using server: EmbeddedPostgres = await openEmbeddedPostgres(options(own))
    assert.equal(await ask(server, 'select 1'), 1)
    assert.ok(existsSync(join(home, 'data', 'cluster')))
  },
)
