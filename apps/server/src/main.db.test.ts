import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openTempDir, openTestDatabase, spawnProcess, type SpawnedProcess } from '@sluice/testkit'
import { openEvents } from './http/read-events.ts'

function startServer(env: Record<string, string>): SpawnedProcess {
  return spawnProcess({
    command: process.execPath,
    args: [join(import.meta.dirname, 'main.ts')],
    name: 'server',
    env: { SLUICE_PORT: '0', SLUICE_DATABASE_URL: undefined, SLUICE_LOG_LEVEL: 'info', ...env },
  })
}

async function addressOf(server: SpawnedProcess): Promise<string> {
  const [, address = ''] = await server.waitForOutput(/"address":"([^"]+)"/, 60_000)
  return address
}

describe('the server process', () => {
  it('writes the first key for its owner alone, and stops at once when it is told to', async () => {
    await using database = await openTestDatabase()
    await using dir = await openTempDir()
    const env = { SLUICE_DATABASE_URL: database.url, SLUICE_DATA_DIR: dir.path }
    await using server = startServer(env)
    const address = await addressOf(server)
    const keyFile = join(dir.path, 'admin-key')
    const key = (await readFile(keyFile, 'utf8')).trim()
    assert.equal((await stat(keyFile)).mode & 0o777, 0o600)
    const who = await fetch(`${address}/api/v1/whoami`, { headers: { authorization: `Bearer ${key}` } })
    assert.equal(((await who.json()) as { role: string }).role, 'admin')
    const projects = await fetch(`${address}/api/v1/projects/default`, { headers: { authorization: `Bearer ${key}` } })
    assert.equal(projects.status, 200)

    const events = await openEvents(`${address}/api/v1/execution-events`, key)
    const startedAt = performance.now()
    assert.deepEqual(await server.kill('SIGTERM'), { exitCode: 0, signal: null })
    assert.ok(performance.now() - startedAt < 8_000)
    assert.equal(await events.ended(), true)
    assert.doesNotMatch(server.output, new RegExp(key))
    assert.doesNotMatch(server.output, new RegExp(database.password))

    await using again = startServer(env)
    await addressOf(again)
    assert.equal((await readFile(keyFile, 'utf8')).trim(), key)
  })

  it('tells every problem of its configuration, and does not start', async () => {
    await using server = startServer({ SLUICE_PORT: 'x', SLUICE_HOST: '0.0.0.0' })
    assert.deepEqual(await server.exited, { exitCode: 2, signal: null })
    assert.match(server.stderr, /SLUICE_PORT: error: .*\n.*SLUICE_HOST: error: /)
  })

  it('says that its port is taken', async () => {
    await using database = await openTestDatabase()
    await using dir = await openTempDir()
    const env = { SLUICE_DATABASE_URL: database.url, SLUICE_DATA_DIR: dir.path }
    await using first = startServer(env)
    const { port } = new URL(await addressOf(first))
    await using second = startServer({ ...env, SLUICE_PORT: port })
    assert.equal((await second.exited).exitCode, 1)
    assert.match(second.stderr, /Port \d+ of 127\.0\.0\.1 is taken/)
  })

  it('brings its own PostgreSQL, whose data survives being killed', async () => {
    await using dir = await openTempDir()
    const env = { SLUICE_DATA_DIR: dir.path }
    const create = async (address: string, body: unknown): Promise<number> => {
      const key = (await readFile(join(dir.path, 'admin-key'), 'utf8')).trim()
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      return (await fetch(`${address}/api/v1/organizations`, { method: 'POST', headers, body: JSON.stringify(body) })).status
    }
    const first = startServer(env)
    assert.equal(await create(await addressOf(first), { identifier: 'acme' }), 201)
    await first.kill('SIGKILL')
    await using second = startServer(env)
    assert.equal(await create(await addressOf(second), { identifier: 'acme' }), 409)
    assert.deepEqual(await second.kill('SIGTERM'), { exitCode: 0, signal: null })
    assert.equal((await stat(join(dir.path, 'postgres-password'))).mode & 0o777, 0o600)
  })
})
