import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { apiKeyInput, apiKeyView } from '@sluice/contract'
import type { z } from 'zod'
import { runProgram } from './program.ts'

type Key = z.infer<typeof apiKeyView>

describe('sluice api-key', () => {
  let keys: Key[]
  let created: z.input<typeof apiKeyInput>[]
  let stop: () => Promise<void>
  let env: NodeJS.ProcessEnv

  beforeEach(async () => {
    const key = (id: string, name: string, more: Partial<Key> = {}): Key => ({
      id,
      name,
      role: 'operator',
      scope: { orgIdentifier: 'default', projectIdentifier: 'default' },
      createdAt: '2026-01-01T00:00:00.000Z',
      ...more,
    })
    keys = [
      key('key_1', 'first', { role: 'admin', scope: {}, lastUsedAt: new Date().toISOString() }),
      key('key_2', 'ci', { expiresAt: '2026-01-02T00:00:00.000Z' }),
      key('key_3', 'twin', { scope: { orgIdentifier: 'acme' } }),
      key('key_4', 'twin'),
    ]
    created = []
    const server = createServer((request, response) => {
      const answer = (status: number, body: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(body))
      }
      const url = new URL(request.url ?? '/', 'http://server')
      if (request.method === 'GET') {
        // Two to a page, so that commands have to turn it.
        const from = Number(url.searchParams.get('cursor') ?? 0)
        answer(200, { items: keys.slice(from, from + 2), ...(from + 2 < keys.length ? { nextCursor: String(from + 2) } : {}) })
      } else if (request.method === 'DELETE') {
        keys = keys.filter(({ id }) => url.pathname !== `/api/v1/api-keys/${id}`)
        answer(200, {})
      } else {
        let text = ''
        request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        request.on('end', () => {
          const { name, role, orgIdentifier, projectIdentifier, expiresInDays, ...rest } = JSON.parse(text)
          assert.deepEqual(rest, {})
          created.push(JSON.parse(text))
          const scope = { ...(orgIdentifier && { orgIdentifier }), ...(projectIdentifier && { projectIdentifier }) }
          const expiry = expiresInDays === undefined ? {} : { expiresAt: '2026-06-01T00:00:00.000Z' }
          answer(201, { ...key('key_9', name, { role, scope }), ...expiry, key: 'slk_secret' })
        })
      }
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    env = { SLUICE_URL: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, SLUICE_API_KEY: 'slk_test' }
    stop = () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    }
  })
  afterEach(() => stop())

  const run = async (...argv: string[]) => {
    let out = ''
    let err = ''
    const streams = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) }
    const exitCode = await runProgram(['api-key', ...argv], env, streams)
    return { exitCode, out, err }
  }

  test('list shows every page with scope, role, expiry and last use', async () => {
    const { exitCode, out } = await run('list')
    assert.equal(exitCode, 0)
    const rows = out.trimEnd().split('\n')
    assert.match(rows[0] ?? '', /^ID +NAME +ROLE +SCOPE +CREATED +EXPIRES +USED$/)
    assert.match(rows[1] ?? '', /^key_1 +first +admin +account +\d+ d ago +never +[\d.]+ m?s ago$/)
    assert.match(rows[2] ?? '', /^key_2 +ci +operator +default\/default +\d+ d ago +expired +never$/)
    assert.match(rows[3] ?? '', /^key_3 +twin +operator +acme +/)
    assert.equal(rows.length, 5)
    assert.equal((JSON.parse((await run('list', '--json')).out) as unknown[]).length, 4)
    assert.equal((JSON.parse((await run('list', '--limit', '1', '--json')).out) as unknown[]).length, 1)
  })

  test('create prints the key alone on stdout, for the project unless another level is named', async () => {
    const made = await run('create', 'ci', '--role', 'operator', '--days', '90')
    assert.deepEqual([made.exitCode, made.out], [0, 'slk_secret\n'])
    assert.match(made.err, /"ci" \(key_9\).*operator.*default\/default.*2026-06-01.*not shown again/s)
    await run('create', 'all', '--role', 'viewer', '--at', 'account')
    await run('create', 'org', '--role', 'editor', '--at', 'org', '--org', 'acme')
    assert.deepEqual(created, [
      { name: 'ci', role: 'operator', orgIdentifier: 'default', projectIdentifier: 'default', expiresInDays: 90 },
      { name: 'all', role: 'viewer' },
      { name: 'org', role: 'editor', orgIdentifier: 'acme' },
    ])
    const json = await run('create', 'ci', '--role', 'operator', '--json')
    assert.equal((JSON.parse(json.out) as { key: string }).key, 'slk_secret')
    assert.equal(json.err, '')
  })

  test('create asks for a role that there is, and for whole days', async () => {
    assert.match((await run('create', 'ci')).err, /--role/)
    const wrong = await run('create', 'ci', '--role', 'owner')
    assert.equal(wrong.exitCode, 2)
    assert.match(wrong.err, /viewer, operator, editor, admin/)
    assert.equal((await run('create', 'ci', '--role', 'viewer', '--days', '0.5')).exitCode, 2)
    assert.deepEqual(created, [])
  })

  test('revoke takes an id, or a name that one key has', async () => {
    assert.match((await run('revoke', 'ci')).out, /"ci" \(key_2\) is revoked/)
    assert.equal((await run('revoke', 'key_4')).exitCode, 0)
    assert.deepEqual(
      keys.map(({ id }) => id),
      ['key_1', 'key_3'],
    )
  })

  test('revoke of a name that several keys have, or none, says what there is and revokes nothing', async () => {
    const twins = await run('revoke', 'twin')
    assert.equal(twins.exitCode, 2)
    assert.match(twins.err, /2 keys are named "twin"[\s\S]*key_3 \(acme\), key_4 \(default\/default\)/)
    const none = await run('revoke', 'frist', '--json')
    assert.equal(none.exitCode, 1)
    const { error } = JSON.parse(none.err) as { error: { kind: string; hint: string } }
    assert.equal(error.kind, 'notFound')
    assert.match(error.hint, /Did you mean first\?/)
    assert.equal(keys.length, 4)
  })

  test('the help of each has examples', async () => {
    for (const command of ['list', 'create', 'revoke']) {
      const { exitCode, out } = await run(command, '--help')
      assert.equal(exitCode, 0)
      assert.match(out, new RegExp(`Examples?:\\n +\\$ .*sluice api-key ${command}`), command)
    }
  })
})
