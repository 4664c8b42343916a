import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Clock, defaultTimings, silentLogger } from '@sluice/base'
import { HttpCallError } from '@sluice/client'
import type { AttemptEvent } from '@sluice/contract'
import fc from 'fast-check'
import type { Session } from '../session.ts'
import { createReporter } from './reporter.ts'

const clock: Clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} }
const event = (message: string): AttemptEvent => ({ type: 'attempt.gone', reason: 'exited', message })

/** A control plane that takes each number once; `fate` says what becomes of every call. */
function createTaker(fate: () => 'ok' | 'lost' | 'down' | 'refused') {
  const taken = new Map<string, string>()
  const call = async (_: unknown, input: { body: { bootId: string; events: { seq: number; event: AttemptEvent }[] } }) => {
    const next = fate()
    if (next === 'down') throw new HttpCallError('unavailable', 'DOWN', 'Down.', { status: 503 })
    if (next === 'refused') throw new HttpCallError('conflict', 'ATTEMPT_FENCED', 'Fenced.', { status: 409 })
    const { bootId, events } = input.body
    for (const { seq, event: one } of events) {
      const key = `${bootId} ${seq}`
      const text = JSON.stringify(one)
      if (seq > 1 && !taken.has(`${bootId} ${seq - 1}`)) throw new Error('There is a gap.')
      if (taken.has(key) && taken.get(key) !== text) throw new Error('Two events have one number.')
      taken.set(key, text)
    }
    if (next === 'lost') throw new HttpCallError('unavailable', 'LOST', 'Lost.', { status: 0 })
    return { lastSeq: events.at(-1)?.seq ?? 0 }
  }
  const session = { standing: 'ok', call } as unknown as Session
  const messages = (): string[] => [...taken.values()].map((text) => (JSON.parse(text) as { message: string }).message)
  return { session, messages }
}

const open = (session: Session, pending: readonly AttemptEvent[], saved: AttemptEvent[][] = [], bootId = 'boot_1') =>
  createReporter({
    attemptId: 'att_1',
    epoch: 1,
    bootId,
    attemptToken: () => undefined,
    pending,
    persist: async (events) => {
      saved.push([...events])
    },
    session,
    waiting: { clock, timings: defaultTimings, random: () => 0 },
    logger: silentLogger,
    signal: new AbortController().signal,
  })

describe('the reporter', () => {
  it('delivers every report once, in order, whatever is lost or down', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('ok', 'lost', 'down'), { maxLength: 30 }),
        fc.integer({ min: 1, max: 12 }),
        async (fates, count) => {
          const left = [...fates]
          const { session, messages } = createTaker(() => left.shift() ?? 'ok')
          const reporter = open(session, [])
          const wanted = Array.from({ length: count }, (_, index) => String(index))
          for (const message of wanted) await reporter.report(event(message))
          await reporter.settled()
          deepEqual(messages(), wanted)
        },
      ),
    )
  })

  it('has a report on disk before it sends it, and keeps it there until it is acknowledged', async () => {
    const saved: AttemptEvent[][] = []
    const { session } = createTaker(() => (saved.length > 0 ? 'ok' : 'refused'))
    const reporter = open(session, [], saved)
    await reporter.report(event('a'))
    await reporter.settled()
    deepEqual(
      saved.map((events) => events.length),
      [1, 0],
    )
  })

  it('sends what an earlier process left, under its own boot id', async () => {
    const { session, messages } = createTaker(() => 'ok')
    const reporter = open(session, [event('old')], [], 'boot_2')
    await reporter.report(event('new'))
    await reporter.settled()
    deepEqual(messages(), ['old', 'new'])
  })

  it('gives up when the attempt is another’s', async () => {
    const { session, messages } = createTaker(() => 'refused')
    const saved: AttemptEvent[][] = []
    const reporter = open(session, [], saved)
    await reporter.report(event('a'))
    await reporter.settled()
    deepEqual(messages(), [])
    equal(saved.at(-1)?.length, 0)
  })
})
