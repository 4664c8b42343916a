import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openTestServer, type TestServer } from '../test-server.ts'
import { addressOf, gitConnector, samples } from './entity-samples.ts'

type Kind = keyof typeof samples
const path = '/api/v1/entities'

describe('entities as one change', () => {
  let server: TestServer
  before(async () => {
    server = await openTestServer()
  })
  after(() => server[Symbol.asyncDispose]())

  // Backwards: what refers to something stands before it.
  const all: { kind: Kind; value: Record<string, unknown> }[] = [
    ...(Object.keys(samples) as Kind[]).toReversed().map((kind) => ({ kind, value: samples[kind] })),
    { kind: 'connector', value: gitConnector },
  ]
  const statusesOf = async (): Promise<number[]> => {
    const answers = await Promise.all(all.map(({ kind }) => server.call('GET', addressOf(kind))))
    return [...new Set(answers.map(({ status }) => status))]
  }
  const issuesOf = (body: unknown): { path: (string | number)[]; code: string }[] =>
    (body as { error: { details: { issues: { path: (string | number)[]; code: string }[] } } }).error.details.issues

  it('a dry run checks all of it and writes nothing', async () => {
    const { status, body } = await server.call('POST', path, { body: { entities: all, dryRun: true } })
    assert.equal(status, 200)
    assert.deepEqual(
      (body.entities as { kind: string }[]).map(({ kind }) => kind),
      all.map(({ kind }) => kind),
    )
    assert.deepEqual(await statusesOf(), [404])
  })

  it('problems of several are told at once, each with its place in the list, and nothing is written', async () => {
    const bad = all.map((item) => {
      if (item.value === samples.connector)
        return {
          ...item,
          value: {
            ...item.value,
            spec: { ...(item.value['spec'] as object), connectionUrl: 'jdbc:postgresql://host:port/shop' },
          },
        }
      if (item.kind === 'secret') return { ...item, value: { ...item.value, colour: 'red' } }
      return item
    })
    const { status, body } = await server.call('POST', path, { body: { entities: bad } })
    assert.equal(status, 400)
    const found = issuesOf(body).map((issue) => [all[Number(issue.path[1])]?.kind, issue.code])
    assert.ok(
      found.some(([kind, code]) => kind === 'secret' && code === 'UNKNOWN_FIELD'),
      JSON.stringify(found),
    )
    assert.ok(
      found.some(([kind, code]) => kind === 'connector' && code === 'DATABASE_URL_HOST'),
      JSON.stringify(found),
    )
    // What only refers to something wrong is not wrong itself.
    assert.ok(!found.some(([, code]) => code === 'REFERENCE_MISSING'), JSON.stringify(found))
    assert.deepEqual(await statusesOf(), [404])
  })

  it('all are written, whatever their order; one that changed meanwhile leaves all as they are', async () => {
    assert.equal((await server.call('POST', path, { body: { entities: all } })).status, 200)
    assert.deepEqual(await statusesOf(), [200])
    assert.equal((await server.call('POST', path, { body: { entities: all } })).body.error.code, 'ENTITY_EXISTS')
    const changed = all.map((item) => ({
      ...item,
      value: { ...item.value, description: 'new' },
      version: item.kind === 'secret' ? 7 : 1,
    }))
    const late = await server.call('POST', path, { body: { entities: changed } })
    assert.deepEqual([late.status, late.body.error.code], [412, 'VERSION_MISMATCH'])
    const { body } = await server.call('GET', addressOf('connector'))
    assert.deepEqual([body.meta.version, body.spec.description], [1, samples.connector['description']])
  })

  it('needs for each kind what a single change of it needs', async () => {
    const editor = await server.makeKey('editor')
    const refused = await server.call('POST', path, { key: editor, body: { entities: all } })
    assert.deepEqual([refused.status, refused.body.error.code], [403, 'ROLE_TOO_LOW'])
    const elsewhere = await server.makeKey('admin', { org: 'acme', project: 'web' })
    const value = { ...samples.dbSchema, identifier: 'another' }
    const outside = await server.call('POST', path, { key: elsewhere, body: { entities: [{ kind: 'dbSchema', value }] } })
    assert.deepEqual([outside.status, outside.body.error.code], [403, 'SCOPE_REFUSED'])
    await server.call('PATCH', '/api/v1/settings', { body: { DBOPS_ENABLED: false } })
    const off = await server.call('POST', path, { body: { entities: [{ kind: 'dbSchema', value }] } })
    assert.equal(off.body.error.code, 'MODULE_DISABLED')
  })
})
