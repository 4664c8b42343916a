import { deepEqual, equal, rejects } from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { AttemptEvent, TaskSpec } from '@sluice/contract'
import type { AttemptApi } from './attempt-api.ts'
import { createEventOutbox, type EventOutbox } from './event-outbox.ts'

const started: AttemptEvent = { type: 'step.started', stepRunId: 's' }
const resolved: AttemptEvent = { type: 'source.resolved', stepRunId: 's', sourceKey: 'k', commit: 'c' }
const finished: AttemptEvent = { type: 'step.finished', stepRunId: 's', outcome: 'Succeeded' }
const plan = (total: number): AttemptEvent => ({
  ...{ type: 'plan.ready', stepRunId: 's', digest: 'd', total },
  ...{ changesets: [], more: false },
})

interface Message {
  readonly types: string[]
  readonly seqs: number[]
  readonly answer: (error?: Error) => void
}

function open(t: TestContext): { outbox: EventOutbox; messages: Message[] } {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const messages: Message[] = []
  const api = {
    insist: (_: unknown, { body }: { body: { events: { seq: number; event: AttemptEvent }[] } }) =>
      new Promise<void>((resolve, reject) => {
        messages.push({
          types: body.events.map(({ event }) => event.type),
          seqs: body.events.map(({ seq }) => seq),
          answer: (error) => (error === undefined ? resolve() : reject(error)),
        })
      }),
  } as unknown as AttemptApi
  const task = { attemptId: 'a', epoch: 1 } as TaskSpec
  const { signal } = new AbortController()
  return { outbox: createEventOutbox({ api, task, bootId: 'b', mask: (text) => text, signal, onProblem: () => {} }), messages }
}

const types = (messages: readonly Message[]): string[][] => messages.map((message) => message.types)

describe('the outbox of events', () => {
  it('lets facts along the way wait for what ends a step', (t) => {
    const { outbox, messages } = open(t)
    outbox.send(resolved)
    outbox.send(plan(0))
    deepEqual(types(messages), [])
    outbox.send(finished)
    deepEqual(types(messages), [['source.resolved', 'plan.ready', 'step.finished']])
    deepEqual(messages[0]?.seqs, [1, 2, 3])
  })

  it('sends them by themselves after a moment, and at once when it is flushed', async (t) => {
    const { outbox, messages } = open(t)
    outbox.send(resolved)
    t.mock.timers.tick(49)
    deepEqual(types(messages), [])
    t.mock.timers.tick(1)
    deepEqual(types(messages), [['source.resolved']])
    messages[0]?.answer()
    await setImmediate()
    outbox.send(resolved)
    const flushed = outbox.flush()
    deepEqual(types(messages), [['source.resolved'], ['source.resolved']])
    messages[1]?.answer()
    await flushed
    t.mock.timers.tick(1000)
    equal(messages.length, 2)
  })

  it('tells at once what begins and what is about to be done, and what came before with it', async (t) => {
    const { outbox, messages } = open(t)
    outbox.send(started)
    deepEqual(types(messages), [['step.started']])
    outbox.send(resolved)
    outbox.send(plan(3))
    messages[0]?.answer()
    await setImmediate()
    deepEqual(types(messages), [['step.started'], ['source.resolved', 'plan.ready']])
  })

  it('keeps what was not acknowledged, with its numbers', async (t) => {
    const { outbox, messages } = open(t)
    outbox.send(resolved)
    const lost = outbox.flush()
    messages[0]?.answer(new Error('The server is away.'))
    await rejects(lost, /away/)
    outbox.send(finished)
    deepEqual(messages[1]?.seqs, [1, 2])
    const flushed = outbox.flush()
    messages[1]?.answer()
    await flushed
  })
})
