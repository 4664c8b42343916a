import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createSamples } from '../entities/entity-samples.ts'
import { openTestServer, type TestServer } from '../test-server.ts'

describe('delegates, targets and the account', () => {
  let server: TestServer
  before(async () => {
    server = await openTestServer()
    await createSamples(server)
    const { pool } = server.app.context.store
    await pool.query(`
      insert into delegates (id, name, seal_public_key, key_id, tags) values
        ('dlg_1', 'one', 'k', '0123456789abcdef0123456789abcdef', '{a}'), ('dlg_2', 'two', 'k', 'ff', '{}'), ('dlg_3', 'three', 'k', 'ff', '{}');
      insert into delegates (id, name, org, project, seal_public_key, key_id) values ('dlg_4', 'four', 'acme', 'web', 'k', 'ff');
      insert into delegate_instances (id, delegate_id, name, auth_public_key, last_seen_at) values
        ('ins_1', 'dlg_1', 'pod-1', 'a1', now()), ('ins_2', 'dlg_1', 'pod-2', 'a2', now() - interval '1 hour'),
        ('ins_3', 'dlg_2', 'pod-3', 'a3', now() - interval '30 s'), ('ins_4', 'dlg_3', 'pod-4', 'a4', now() - interval '1 hour')`)
  })
  after(() => server[Symbol.asyncDispose]())

  it('a delegate is as healthy as its best replica', async () => {
    const { body } = await server.call('GET', '/api/v1/delegates')
    const health = Object.fromEntries((body.items as { name: string; health: string }[]).map((one) => [one.name, one.health]))
    assert.deepEqual(health, { one: 'connected', two: 'late', three: 'disconnected', four: 'disconnected' })
    const one = await server.call('GET', '/api/v1/delegates/dlg_1')
    assert.equal(one.body.fingerprint, '0123-4567-89ab-cdef-0123-4567-89ab-cdef')
    assert.deepEqual(
      (one.body.instances as { name: string; health: string }[]).map((instance) => instance.health),
      ['connected', 'disconnected'],
    )
  })

  it('a key sees the delegates that serve its project, and changes only its own', async () => {
    const key = await server.makeKey('admin', { org: 'acme', project: 'web' })
    const { body } = await server.call('GET', '/api/v1/delegates', { key })
    assert.equal((body.items as unknown[]).length, 4)
    const other = await server.makeKey('admin', { org: 'default', project: 'default' })
    assert.equal((await server.call('GET', '/api/v1/delegates/dlg_4', { key: other })).status, 404)
    assert.equal((await server.call('PATCH', '/api/v1/delegates/dlg_1', { key, body: { approved: true } })).status, 403)
    assert.equal((await server.call('PATCH', '/api/v1/delegates/dlg_4', { key, body: { approved: true } })).body.approved, true)
  })

  it('is approved, drained, tagged and revoked; a revocation stays', async () => {
    const patch = (body: unknown) => server.call('PATCH', '/api/v1/delegates/dlg_2', { body })
    assert.equal((await patch({ approved: true, draining: true })).body.draining, true)
    assert.deepEqual((await patch({ tags: ['x', 'y'] })).body.tags, ['x', 'y'])
    assert.equal((await patch({ revoked: false })).status, 400)
    assert.equal((await patch({ tags: ['no spaces'] })).status, 400)
    assert.equal((await patch({ revoked: true })).body.health, 'revoked')
    assert.equal((await patch({})).body.revoked, true)
  })

  it('is forgotten only when it is gone', async () => {
    const refused = await server.call('DELETE', '/api/v1/delegates/dlg_1')
    assert.equal(refused.body.error.code, 'DELEGATE_CONNECTED')
    assert.equal((await server.call('DELETE', '/api/v1/delegates/dlg_3')).status, 200)
    assert.equal((await server.call('DELETE', '/api/v1/delegates/dlg_3')).status, 404)
  })

  it('an enrolment token is shown once, listed while it works, and can be withdrawn', async () => {
    const made = await server.call('POST', '/api/v1/delegate-tokens', { body: { uses: 3, expiresInHours: 1, approve: true } })
    assert.match(made.body.token as string, /^sle_[\w-]{43}$/)
    assert.equal(made.body.usesLeft, 3)
    const list = async () => (await server.call('GET', '/api/v1/delegate-tokens')).body.items as { id: string; token?: string }[]
    assert.deepEqual(
      (await list()).map((token) => [token.id, token.token]),
      [[made.body.id, undefined]],
    )
    assert.equal((await server.call('DELETE', `/api/v1/delegate-tokens/${String(made.body.id)}`)).status, 200)
    assert.deepEqual(await list(), [])
    assert.equal((await server.call('POST', '/api/v1/delegate-tokens', { body: { uses: 0 } })).status, 400)
    assert.equal((await server.call('POST', '/api/v1/delegate-tokens', { body: { orgIdentifier: 'nowhere' } })).status, 400)
  })

  it('targets are named by their connectors, free until a step holds them', async () => {
    const targets = async (query = '', key?: string) =>
      (await server.call('GET', `/api/v1/targets${query}`, key === undefined ? {} : { key })).body.items as Record<
        string,
        unknown
      >[]
    const [free] = await targets()
    assert.equal(free?.['targetKey'], 'postgresql://db.example.com:5432/shop')
    assert.equal(free['state'], 'free')
    assert.deepEqual(free['dbInstances'], [{ orgIdentifier: 'default', projectIdentifier: 'default', identifier: 'dev' }])

    const { pool } = server.app.context.store
    await pool.query(`
      insert into executions (id, sequence, org, project, pipeline_identifier, pipeline_name, yaml, state, status, triggered_by)
        values ('exe_1', 1, 'default', 'default', 'deploy', 'deploy', '', '{}', 'Failed', 'me');
      insert into step_runs (id, execution_id, org, project, group_id, path, type, state)
        values ('step_1', 'exe_1', 'default', 'default', 'group_1', 's1/g1/apply', 'DBSchemaApply', 'permitted');
      insert into permits (step_run_id, permit_id, execution_id, attempt_id, epoch, nonce_hash, target_key, fence)
        values ('step_1', 'prm_1', 'exe_1', 'att_1', 1, 'h', 'postgresql://db.example.com:5432/shop', 1)`)
    const [busy] = await targets('?state=busy')
    assert.equal((busy?.['holder'] as { stepPath: string } | undefined)?.stepPath, 's1/g1/apply')
    await pool.query(`update step_runs set state = 'unknown' where id = 'step_1'`)
    assert.deepEqual(await targets('?state=busy'), [])
    const [blocked] = await targets('?state=blocked')
    assert.match(String(blocked?.['hint']), /sluice execution resolve exe_1 step_1/)
    assert.deepEqual(await targets('', await server.makeKey('viewer', { org: 'acme', project: 'web' })), [])
    await pool.query(`update permits set released_at = now()`)
    assert.equal((await targets('?state=free')).length, 1)
  })

  it('changesets of an instance are listed newest first, page by page', async () => {
    const { pool } = server.app.context.store
    await pool.query(`
      insert into changeset_runs (execution_id, step_run_id, org, project, db_instance, changeset_id, author, path, state, duration_ms, statements)
      select 'exe_1', 'step_1', 'default', 'default', 'dev', n::text, 'ann', 'db/a.sql', 'applied', 1.5, 1 from generate_series(1, 7) n`)
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const query = `limit=3${cursor === undefined ? '' : `&cursor=${cursor}`}`
      const { body } = await server.call('GET', `/api/v1/db-instances/dev/changesets?${query}`)
      seen.push(...(body.items as { id: string }[]).map((item) => item.id))
      cursor = body.nextCursor as string | undefined
    } while (cursor !== undefined)
    assert.deepEqual(seen, ['7', '6', '5', '4', '3', '2', '1'])
    assert.equal((await server.call('GET', '/api/v1/db-instances/nothing/changesets')).status, 404)
  })

  it('settings keep what is not named, and refuse what they do not know', async () => {
    const patch = (body: unknown) => server.call('PATCH', '/api/v1/settings', { body })
    const defaults = {
      DBOPS_ENABLED: true,
      executionRetentionDays: 365,
      secrets: 'kubernetes',
      registryCredentials: 'connectors',
      runnerImage: '',
      imageRegistry: '',
    }
    assert.deepEqual((await server.call('GET', '/api/v1/settings')).body, defaults)
    assert.deepEqual((await patch({ executionRetentionDays: 30 })).body, { ...defaults, executionRetentionDays: 30 })
    assert.deepEqual((await patch({ secrets: 'runtime' })).body, { ...defaults, executionRetentionDays: 30, secrets: 'runtime' })
    assert.equal((await patch({ DBOPS_ENABLD: true })).body.error.details.issues[0].hint, 'Did you mean "DBOPS_ENABLED"?')
    assert.equal((await patch({ executionRetentionDays: 0 })).status, 400)
  })

  it('health says whether the database answers', async () => {
    const { status, body } = await server.call('GET', '/health', { key: null })
    assert.equal(status, 200)
    assert.equal(body.status, 'ok')
  })
})
