import { createHash, randomBytes } from 'node:crypto'
import { isProcessRunning } from '@sluice/embedded-postgres'
import pg from 'pg'
import { openTestPostgres } from './test-postgres.ts'
import type { TestPostgres } from './test-postgres.ts'

/** A fresh database of the shared server, with the server's superuser. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string
  readonly name: string
  readonly host: '127.0.0.1'
  readonly port: number
  readonly user: string
  readonly password: string
  /** Throws everybody out and removes it. May be called twice. */
  drop(): Promise<void>
}

/** Content that many databases start from: made once per `key`, then cloned, which takes a few milliseconds per megabyte. */
export interface TestDatabaseTemplate {
  /** What it is: a new key of the same name replaces the old one. */
  readonly name: string
  /** Changes whenever the content would: a hash of the migrations, for example. */
  readonly key: string
  /** Fills an empty database. It must have closed its connections when it resolves. */
  build(url: string): Promise<void>
}

export interface TestDatabaseOptions {
  readonly template?: TestDatabaseTemplate | undefined
}

/** What this needs of node:test's context. */
interface TestScope {
  after(work: () => Promise<void>): void
}

// Any number that nobody else uses on this server.
const templateLockKey = 727_001

let swept: Promise<void> | undefined

/** Creates a database; with a test's context it is dropped at that test's end. */
export async function openTestDatabase(scope?: TestScope, options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = await openTestPostgres()
  swept ??= sweepLeftovers(server)
  await swept
  const name = `t_${process.pid}_${randomBytes(6).toString('hex')}`
  const template = options.template === undefined ? 'template0' : await findTemplate(server, options.template)
  await runOnServer(server, async (client) => {
    await client.query(`create database ${name} template ${template}`)
  })
  let dropped: Promise<void> | undefined
  const drop = (): Promise<void> => {
    dropped ??= runOnServer(server, async (client) => {
      await client.query(`drop database if exists ${name} with (force)`)
    })
    return dropped
  }
  scope?.after(drop)
  const { host, port, user, password } = server
  return { url: urlOf(server, name), name, host, port, user, password, drop, [Symbol.asyncDispose]: drop }
}

async function runOnServer<T>(server: TestPostgres, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function urlOf(server: TestPostgres, database: string): string {
  const url = new URL(server.url)
  url.pathname = `/${database}`
  return url.href
}

async function findTemplate(server: TestPostgres, template: TestDatabaseTemplate): Promise<string> {
  const prefix = `tpl_${template.name.replaceAll(/[^a-z0-9]/g, '_')}_`
  const name = prefix + createHash('sha256').update(template.key).digest('hex').slice(0, 16)
  await runOnServer(server, async (client) => {
    if (await exists(client, name)) return
    await client.query('select pg_advisory_lock($1)', [templateLockKey])
    if (await exists(client, name)) return
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database where starts_with(datname, $1)', [
      prefix,
    ])
    // Older versions of this template, and one that a killed process left half made. Not those that are being cloned right now.
    for (const { datname } of rows) await client.query(`drop database if exists ${datname}`).catch(() => {})
    const staged = `${prefix}new`
    await client.query(`create database ${staged} template template0`)
    await template.build(urlOf(server, staged))
    await client.query(`alter database ${staged} rename to ${name}`)
  })
  return name
}

async function exists(client: pg.Client, name: string): Promise<boolean> {
  return ((await client.query('select from pg_database where datname = $1', [name])).rowCount ?? 0) > 0
}

/** Databases of processes that are gone without having dropped them. */
async function sweepLeftovers(server: TestPostgres): Promise<void> {
  await runOnServer(server, async (client) => {
    const { rows } = await client.query<{ datname: string }>("select datname from pg_database where datname like 't\\_%'")
    for (const { datname } of rows) {
      const pid = Number(datname.split('_')[1])
      if (isProcessRunning(pid)) continue
      // One with a subscription in it, say, cannot be dropped; that is no reason for the tests of others to fail.
      await client.query(`drop database if exists ${datname} with (force)`).catch(() => {})
    }
  })
}
