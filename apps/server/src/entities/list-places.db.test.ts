import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openTestServer, type TestServer } from '../test-server.ts'
import { createSamples } from './entity-samples.ts'

describe('lists of a place', () => {
  let server: TestServer
  before(async () => {
    server = await openTestServer()
    await createSamples(server)
  })
  after(() => server[Symbol.asyncDispose]())

  const lists = ['connectors', 'secrets', 'db-schemas', 'db-instances', 'pipelines', 'executions']
  const answerOf = async (list: string, query: string, key?: string) => {
    const { status, body } = await server.call('GET', `/api/v1/${list}?${query}`, key === undefined ? {} : { key })
    return { status, error: body.error as { kind: string; message: string; hint: string }, items: body.items as unknown[] }
  }

  it('an organization that is not there is an error that names those that are', async () => {
    for (const list of [...lists, 'projects']) {
      const { status, error } = await answerOf(list, 'orgIdentifier=acne')
      assert.equal(status, 404, list)
      assert.equal(error.kind, 'notFound')
      assert.equal(error.message, 'There is no organization "acne".')
      assert.equal(error.hint, 'Did you mean "acme"? Organizations: acme, default.')
    }
  })

  it('so is a project, with the projects of its organization', async () => {
    for (const list of lists) {
      const { status, error } = await answerOf(list, 'orgIdentifier=acme&projectIdentifier=shop')
      assert.equal(status, 404, list)
      assert.equal(error.message, 'There is no project "acme/shop".')
      assert.equal(error.hint, 'Projects of "acme": web.')
    }
    const { error } = await answerOf('pipelines', 'projectIdentifier=defualt')
    assert.equal(error.message, 'There is no project "default/defualt".')
    const both = await answerOf('pipelines', 'orgIdentifier=none&projectIdentifier=web')
    assert.equal(both.error.message, 'There is no organization "none".')
  })

  it('the stream of executions refuses such a place before it begins', async () => {
    assert.equal((await answerOf('execution-events', 'orgIdentifier=none')).status, 404)
  })

  it('a place where there is nothing yet has an empty list', async () => {
    for (const list of lists) {
      const { status, items } = await answerOf(list, 'orgIdentifier=acme&projectIdentifier=web')
      assert.equal(status, 200, list)
      assert.deepEqual(items, [], list)
    }
  })

  it('a place that the key may not see is not there, and is not named', async () => {
    const key = await server.makeKey('viewer', { org: 'acme', project: 'web' })
    const { status, error } = await answerOf('pipelines', 'projectIdentifier=default', key)
    assert.equal(status, 404)
    assert.equal(error.message, 'There is no organization "default".')
    assert.equal(error.hint, 'Organizations: acme.')
    assert.deepEqual((await answerOf('connectors', 'orgIdentifier=acme', key)).items, [])
  })

  it('executions of a project that was deleted are still listed', async () => {
    await server.call('POST', '/api/v1/projects', { body: { identifier: 'past', orgIdentifier: 'acme' } })
    await server.app.context.store.pool.query(`
      insert into executions (id, sequence, org, project, pipeline_identifier, pipeline_name, yaml, inputs, state, status, triggered_by)
      values ('exe_past', 1, 'acme', 'past', 'deploy', 'deploy', '', '{}', '{"stages": []}', 'Succeeded', 'ada')`)
    const removed = await server.call('DELETE', '/api/v1/projects/past?orgIdentifier=acme', { ifMatch: 1 })
    assert.equal(removed.status, 200, JSON.stringify(removed.body))
    const { status, items } = await answerOf('executions', 'orgIdentifier=acme&projectIdentifier=past')
    assert.equal(status, 200)
    assert.equal(items.length, 1)
    assert.equal((await answerOf('pipelines', 'orgIdentifier=acme&projectIdentifier=past')).status, 404)
  })
})
