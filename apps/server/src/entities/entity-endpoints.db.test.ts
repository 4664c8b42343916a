import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { EntityKind } from '@sluice/contract'
import { openTestServer, sortedStatuses, type TestServer } from '../test-server.ts'
import { addressOf, createSamples, gitConnector, pathOf, samplePipeline, samples } from './entity-samples.ts'

const kinds = Object.keys(samples) as EntityKind[]

describe('entities', () => {
  let server: TestServer
  before(async () => {
    server = await openTestServer()
    await createSamples(server)
  })
  after(() => server[Symbol.asyncDispose]())

  for (const kind of kinds) {
    it(`${kind}: one is read as it was written, with its version as ETag`, async () => {
      const { status, body, headers } = await server.call('GET', addressOf(kind))
      assert.equal(status, 200)
      assert.equal(body.kind, kind)
      for (const [field, value] of Object.entries(samples[kind])) {
        if (field !== 'spec') assert.deepEqual(body.spec[field], value)
      }
      assert.equal(headers['etag'], `"${String(body.meta.version)}"`)
    })

    it(`${kind}: one cannot be created twice`, async () => {
      const { status, body } = await server.call('POST', pathOf(kind), { body: samples[kind] })
      assert.equal(status, 409)
      assert.equal(body.error.code, 'ENTITY_EXISTS')
    })

    it(`${kind}: one is changed by one of two writers that read the same version`, async () => {
      const read = await server.call('GET', addressOf(kind))
      const version = read.body.meta.version as number
      const write = (description: string) =>
        server.call('PUT', addressOf(kind), { body: { ...samples[kind], description }, ifMatch: version })
      const answers = await Promise.all([write('one'), write('two')])
      assert.deepEqual(sortedStatuses(answers), [200, 412])
      const refused = answers.find(({ status }) => status === 412)
      assert.equal(refused?.body.error.code, 'VERSION_MISMATCH')
      assert.equal(refused?.body.error.details.version, version + 1)
    })

    it(`${kind}: one is neither changed nor deleted without If-Match`, async () => {
      for (const method of ['PUT', 'DELETE']) {
        const { status, body } = await server.call(method, addressOf(kind), method === 'PUT' ? { body: samples[kind] } : {})
        assert.equal(status, 428)
        assert.equal(body.error.code, 'IF_MATCH_MISSING')
      }
    })

    it(`${kind}: one with an unknown field and a bad identifier is refused with both problems`, async () => {
      const { status, body } = await server.call('POST', pathOf(kind), {
        body: { ...samples[kind], identifier: '9 lives', descripton: 'x' },
      })
      assert.equal(status, 400)
      const issues = body.error.details.issues as { path: string[]; code: string; hint?: string }[]
      assert.ok(issues.some((issue) => issue.path.join('.') === 'identifier'))
      const unknown = issues.find((issue) => issue.code === 'UNKNOWN_FIELD')
      assert.equal(unknown?.path.join('.'), 'descripton')
      assert.equal(unknown?.hint, 'Did you mean "description"?')
    })

    for (const [what, input] of [
      ['a list', []],
      ['a text', '"text"'],
      ['nothing', undefined],
      ['a NUL character', { ...samples[kind], name: 'a\0b' }],
      ['half of a surrogate pair', { ...samples[kind], name: 'a\ud800' }],
      ['text that is not JSON', '{"identifier":'],
    ] as const) {
      it(`${kind}: one made of ${what} is refused`, async () => {
        const { status, body } = await server.call('POST', pathOf(kind), { body: input })
        assert.equal(status, 400)
        assert.equal(body.error.kind, 'invalid')
        assert.match(body.error.requestId, /^req_/)
      })
    }

    it(`${kind}: one that is not there is not found`, async () => {
      const { status, body } = await server.call('GET', `${pathOf(kind)}/nowhere`)
      assert.equal(status, 404)
      assert.match(body.error.message, /"nowhere"/)
    })
  }

  it('names every reference that leads nowhere, with a hint', async () => {
    const { status, body } = await server.call('POST', pathOf('dbInstance'), {
      body: { identifier: 'lost', dbSchema: 'shopp', connector: 'account.devdb', branch: 'main' },
    })
    assert.equal(status, 400)
    const issues = body.error.details.issues as { path: string[]; code: string; message: string; hint: string }[]
    assert.deepEqual(
      issues.map(({ code, path }) => [code, path.join('.')]),
      [
        ['REFERENCE_MISSING', 'dbSchema'],
        ['REFERENCE_MISSING', 'connector'],
      ],
    )
    assert.equal(issues[0]?.hint, 'Did you mean "shop"?')
  })

  it('says where a referred thing lives when only the prefix is missing', async () => {
    await server.call('POST', pathOf('secret'), { body: { identifier: 'shared', spec: { provider: 'sealed' } } })
    const connector = structuredClone(samples.connector) as {
      identifier: string
      spec: { auth: { spec: { passwordRef: string } } }
    }
    connector.identifier = 'other'
    connector.spec.auth.spec.passwordRef = 'shared'
    const { body } = await server.call('POST', pathOf('connector'), { body: connector })
    assert.equal(body.error.details.issues[0].hint, 'There is one in the account: write "account.shared".')
    assert.deepEqual(body.error.details.issues[0].path, ['spec', 'auth', 'spec', 'passwordRef'])
  })

  it('refuses a connector of the wrong type', async () => {
    const { body } = await server.call('POST', pathOf('dbInstance'), {
      body: { ...samples.dbInstance, identifier: 'wrong', connector: 'repo' },
    })
    assert.equal(body.error.details.issues[0].code, 'REFERENCE_TYPE')
  })

  it('refuses to delete what others refer to, and names them', async () => {
    for (const [kind, referrer] of [
      ['connector', 'dev'],
      ['dbSchema', 'dev'],
      ['dbInstance', 'deploy'],
      ['secret', 'devdb'],
      ['organization', 'web'],
    ] as const) {
      const { body: read } = await server.call('GET', addressOf(kind))
      const { status, body } = await server.call('DELETE', addressOf(kind), { ifMatch: read.meta.version as number })
      assert.equal(status, 409)
      assert.equal(body.error.code, 'ENTITY_REFERRED')
      assert.ok((body.error.details.referrers as { identifier: string }[]).some((one) => one.identifier === referrer))
    }
  })

  it('never loses a reference to a deletion at the same time', async () => {
    for (let round = 0; round < 10; round++) {
      const identifier = `race${String(round)}`
      await server.call('POST', pathOf('connector'), { body: { ...gitConnector, identifier } })
      const schema = { ...samples.dbSchema, identifier, changelog: { connector: identifier, location: 'x.yaml' } }
      const [made, deleted] = await Promise.all([
        server.call('POST', pathOf('dbSchema'), { body: schema }),
        server.call('DELETE', `${pathOf('connector')}/${identifier}?projectIdentifier=default`, { ifMatch: 1 }),
      ])
      assert.deepEqual(sortedStatuses([made, deleted]), made.status === 201 ? [201, 409] : [200, 400])
    }
  })

  it('keeps fixed fields fixed', async () => {
    const { body: read } = await server.call('GET', addressOf('dbSchema'))
    const { status, body } = await server.call('PUT', addressOf('dbSchema'), {
      body: { ...samples.dbSchema, migrationType: 'Flyway' },
      ifMatch: read.meta.version as number,
    })
    assert.equal(status, 400)
    assert.equal(body.error.details.issues[0].code, 'FIELD_IMMUTABLE')
    const moved = await server.call('PUT', addressOf('dbSchema'), {
      body: { ...samples.dbSchema, identifier: 'shop2' },
      ifMatch: read.meta.version as number,
    })
    assert.equal(moved.body.error.details.issues[0].code, 'FIELD_IMMUTABLE')
  })

  it('refuses credentials in a connection URL', async () => {
    for (const connectionUrl of [
      'jdbc:postgresql://u:p@db/shop',
      'jdbc:postgresql://db/shop?password=p',
      'jdbc:postgresql://db/shop?user=u&PASSWORD=p',
    ]) {
      const spec = { ...(samples.connector['spec'] as object), connectionUrl }
      const { status, body } = await server.call('POST', pathOf('connector'), {
        body: { ...samples.connector, identifier: 'leak', spec },
      })
      assert.equal(status, 400)
      assert.doesNotMatch(JSON.stringify(body), /u:p@|=p\b/)
    }
  })

  it('refuses a field that could carry a plaintext value', async () => {
    const { status } = await server.call('POST', pathOf('secret'), {
      body: { identifier: 'plain', spec: { provider: 'sealed', value: 'hunter2' } },
    })
    assert.equal(status, 400)
  })

  it('reports every problem of a pipeline with its line and column', async () => {
    const yaml = samplePipeline('broken').replace('timeout: 10m', 'timeout: soon').replace('dbSchema: shop', 'dbShema: shop')
    const { status, body } = await server.call('POST', pathOf('pipeline'), { body: { identifier: 'broken', yaml } })
    assert.equal(status, 400)
    const issues = body.error.details.issues as { line: number; column: number; path: string[] }[]
    assert.ok(issues.length >= 2)
    for (const issue of issues) {
      assert.deepEqual(issue.path, ['yaml'])
      assert.ok(issue.line > 1 && issue.column >= 1)
    }
  })

  it('refuses a pipeline whose YAML is for another place or name', async () => {
    const yaml = samplePipeline('deploy').replace('  stages:', '  orgIdentifier: acme\n  stages:')
    const { body } = await server.call('POST', pathOf('pipeline'), { body: { identifier: 'another', yaml } })
    const issues = body.error.details.issues as { path: string[]; code: string }[]
    assert.deepEqual(issues.map(({ code, path }) => `${code} ${path.join('.')}`).toSorted(), [
      'PIPELINE_YAML_DISAGREES identifier',
      'PIPELINE_YAML_DISAGREES orgIdentifier',
    ])
  })

  it('shows facts: targets, instances, the state of secrets', async () => {
    const target = 'postgresql://db.example.com:5432/shop'
    assert.equal((await server.call('GET', addressOf('dbInstance'))).body.facts.targetKey, target)
    assert.equal((await server.call('GET', addressOf('connector'))).body.facts.targetKey, target)
    assert.equal((await server.call('GET', addressOf('dbSchema'))).body.facts.instanceCount, 1)
    assert.deepEqual((await server.call('GET', addressOf('secret'))).body.facts, { valueVersion: 0, recipients: [] })
  })

  it('lists by filter, and refuses a filter it does not know', async () => {
    const count = async (query: string) =>
      ((await server.call('GET', `${pathOf('dbInstance')}?${query}`)).body.items as unknown[]).length
    assert.equal(await count('tag=env:dev'), 1)
    assert.equal(await count('tag=env'), 1)
    assert.equal(await count('tag=env:prod'), 0)
    assert.equal(await count('search=DE'), 1)
    assert.equal(await count('search=%25'), 0)
    assert.equal(await count('dbSchema=shop'), 1)
    assert.equal(await count('orgIdentifier=acme'), 0)
    const { status, body } = await server.call('GET', `${pathOf('dbInstance')}?serch=x`)
    assert.equal(status, 400)
    assert.equal(body.error.details.issues[0].hint, 'Did you mean "search"?')
    assert.equal((await server.call('GET', `${pathOf('dbInstance')}?limit=0`)).status, 400)
    assert.equal((await server.call('GET', `${pathOf('dbInstance')}?cursor=zzz`)).status, 400)
  })

  it('pages through a list that changes meanwhile without losing or repeating what stays', async () => {
    const make = (identifier: string) =>
      server.call('POST', pathOf('secret'), { body: { identifier, orgIdentifier: 'acme', spec: { provider: 'sealed' } } })
    for (let index = 0; index < 20; index++) await make(`s${String(index * 10 + 100)}`)
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const { body } = await server.call(
        'GET',
        `${pathOf('secret')}?orgIdentifier=acme&limit=3${cursor === undefined ? '' : `&cursor=${cursor}`}`,
      )
      seen.push(...(body.items as { spec: { identifier: string } }[]).map((item) => item.spec.identifier))
      cursor = body.nextCursor as string | undefined
      await make(`s${String(seen.length * 10 + 95)}`)
      await server.call('DELETE', `${pathOf('secret')}/${seen.at(-1) ?? ''}?orgIdentifier=acme`, { ifMatch: 1 })
    } while (cursor !== undefined)
    assert.equal(new Set(seen).size, seen.length)
    for (let index = 0; index < 20; index++) assert.ok(seen.includes(`s${String(index * 10 + 100)}`))
  })
})

it('everything can be deleted again from the end, and each change is in the audit log', async (t) => {
  const server = await openTestServer(t)
  await createSamples(server)
  for (const kind of kinds.toReversed()) {
    const { status, body } = await server.call('DELETE', addressOf(kind), { ifMatch: 1 })
    assert.equal(status, 200, JSON.stringify(body))
  }
  const audit = await server.app.context.store.db.selectFrom('audit_events').select('action').orderBy('id').execute()
  for (const kind of kinds) {
    assert.ok(audit.some(({ action }) => action === `${kind}.create`))
    assert.ok(audit.some(({ action }) => action === `${kind}.delete`))
  }
})
