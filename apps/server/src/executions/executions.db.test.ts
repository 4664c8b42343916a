import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { executionSummary, executionView } from '@sluice/contract'
import { createSamples, samplePipeline, sampleSealedValue, sampleValueAddress } from '../entities/entity-samples.ts'
import { openTestServer, sortedStatuses, type TestServer } from '../test-server.ts'
import { openEvents } from '../http/read-events.ts'

describe('executions', () => {
  let server: TestServer
  before(async () => {
    server = await openTestServer()
    await createSamples(server)
    await server.call('PUT', sampleValueAddress, { body: sampleSealedValue(1) })
  })
  after(() => server[Symbol.asyncDispose]())

  const run = (body: Record<string, unknown> = {}, key?: string) =>
    server.call('POST', '/api/v1/executions', {
      body: { pipelineIdentifier: 'deploy', ...body },
      ...(key === undefined ? {} : { key }),
    })

  it('a run is listed and shown with its graph', async () => {
    const started = await run()
    assert.equal(started.status, 201, JSON.stringify(started.body))
    const summary = executionSummary.parse(started.body)
    assert.equal(summary.state, 'Running')
    const { body } = await server.call('GET', `/api/v1/executions/${summary.id}`)
    const view = executionView.parse(body)
    const [stage] = view.stages
    const [group] = stage?.nodes ?? []
    assert.ok(group?.kind === 'stepGroup')
    const [step] = group.nodes
    assert.ok(step?.kind === 'step')
    assert.equal(step.path, 's1/g1/apply')
    assert.equal(step.type, 'DBSchemaApply')
    const listed = await server.call('GET', '/api/v1/executions?pipelineIdentifier=deploy')
    assert.ok((listed.body.items as { id: string }[]).some(({ id }) => id === summary.id))
  })

  it('a skipped step, its group and its stage say why', async () => {
    const yaml = samplePipeline('careful').replace(
      '        spec:\n          execution',
      '        when: { condition: <+pipeline.triggeredBy.name> == "nobody" }\n        spec:\n          execution',
    )
    const stored = await server.call('POST', '/api/v1/pipelines', { body: { identifier: 'careful', yaml } })
    assert.equal(stored.status, 201, JSON.stringify(stored.body))
    const { body: started } = await run({ pipelineIdentifier: 'careful' })
    const events = await openEvents(`${server.url}/api/v1/executions/${String(started.id)}/events`, server.adminKey)
    for (let event = await events.next(); event.event !== 'end';) event = await events.next()
    const view = executionView.parse((await server.call('GET', `/api/v1/executions/${String(started.id)}`)).body)
    const [stage] = view.stages
    const [group] = stage?.nodes ?? []
    assert.ok(group?.kind === 'stepGroup')
    const reason = 'The condition of stage "s1" is false: <+pipeline.triggeredBy.name> == "nobody"'
    assert.deepEqual(
      [stage?.reason, group.reason, group.nodes[0]?.kind === 'step' && group.nodes[0].reason],
      [reason, reason, reason],
    )
  })

  it('numbers count per pipeline without gaps, also for runs at the same time', async () => {
    const started = await Promise.all(Array.from({ length: 8 }, () => run()))
    const numbers = started.map(({ body }) => body.sequence as number).toSorted((a, b) => a - b)
    assert.equal(new Set(numbers).size, 8)
    assert.equal((numbers.at(-1) ?? 0) - (numbers[0] ?? 0), 7)
  })

  it('the same idempotency key starts one execution, however often and however close together', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => run({ idempotencyKey: 'deploy-42' })))
    assert.equal(new Set(answers.map(({ body }) => body.id as string)).size, 1, JSON.stringify(answers.map(({ body }) => body)))
    assert.deepEqual(sortedStatuses(answers), [200, 200, 200, 200, 201])
  })

  it('refuses a run of what is not there, and inputs that the pipeline does not have', async () => {
    assert.equal((await run({ pipelineIdentifier: 'nothing' })).status, 404)
    const { status, body } = await run({ inputs: { colour: 'red' } })
    assert.equal(status, 400)
    assert.ok((body.error.details.issues as { message: string }[]).some(({ message }) => message.includes('colour')))
    assert.equal((await run({ inputs: { a: 1 } })).status, 400)
    assert.equal((await run({ pipeline: 'deploy' })).status, 400)
  })

  it('is not there for the key of another project', async () => {
    const other = await server.makeKey('admin', { org: 'acme', project: 'web' })
    const { body } = await run()
    assert.equal((await run({}, other)).status, 403)
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/changesets'],
      ['GET', '/selection'],
      ['POST', '/cancel'],
      ['GET', '/events'],
    ] as const) {
      assert.equal((await server.call(method, `/api/v1/executions/${String(body.id)}${path}`, { key: other })).status, 404)
    }
    assert.deepEqual((await server.call('GET', '/api/v1/executions', { key: other })).body.items, [])
  })

  it('says why it waits while no delegate is there', async () => {
    const { body } = await run()
    const deadline = Date.now() + 5_000
    for (;;) {
      const trace = await server.call('GET', `/api/v1/executions/${String(body.id)}/selection`)
      assert.equal(trace.status, 200)
      if ((trace.body.tasks as unknown[]).length > 0) break
      assert.ok(Date.now() < deadline, 'no task was queued')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })

  it('a cancelled one ends, and a second cancel says that it is over', async () => {
    const { body } = await run()
    const events = await openEvents(`${server.url}/api/v1/executions/${String(body.id)}/events`, server.adminKey)
    const first = await events.next()
    assert.equal(first.event, 'execution')
    assert.equal(executionView.parse(JSON.parse(first.data)).id, body.id)
    const cancelled = await server.call('POST', `/api/v1/executions/${String(body.id)}/cancel`, { body: { reason: 'test' } })
    assert.equal(cancelled.status, 200)
    assert.equal(cancelled.body.cancelRequested, true)
    let last = first
    while (last.event !== 'end') last = await events.next()
    assert.deepEqual(JSON.parse(last.data), { state: 'Cancelled' })
    assert.equal(await events.ended(), true)
    const again = await server.call('POST', `/api/v1/executions/${String(body.id)}/cancel`)
    assert.equal(again.status, 409)
  })

  it('the list stream tells of every change in its scope and of none outside', async () => {
    const other = await server.makeKey('viewer', { org: 'acme', project: 'web' })
    const mine = await openEvents(`${server.url}/api/v1/execution-events`, server.adminKey)
    const theirs = await openEvents(`${server.url}/api/v1/execution-events`, other)
    const { body } = await run()
    for (;;) {
      const event = await mine.next()
      assert.equal(event.event, 'executions')
      if (executionSummary.parse(JSON.parse(event.data)).id === body.id) break
    }
    assert.equal(theirs.received(), 0)
    mine.close()
    theirs.close()
  })

  it('resolving a step that is not Unknown is refused', async () => {
    const { body } = await run()
    const { body: view } = await server.call('GET', `/api/v1/executions/${String(body.id)}`)
    const stepRunId = view.stages[0].nodes[0].nodes[0].stepRunId as string
    const path = `/api/v1/executions/${String(body.id)}/steps/${stepRunId}`
    assert.equal((await server.call('POST', `${path}/resolve`, { body: { as: 'succeeded', reason: 'seen' } })).status, 409)
    assert.equal((await server.call('POST', `${path}/inspect`)).status, 409)
    assert.equal(
      (await server.call('POST', `${path}/resolve`, { body: { as: 'fine', reason: '' } })).body.error.details.issues.length,
      2,
    )
  })
})
