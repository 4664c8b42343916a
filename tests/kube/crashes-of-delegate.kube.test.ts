import { deepEqual, equal } from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutKube, waitFor } from '@sluice/testkit'
import { type CrashCase, type CrashLab, openCrashLab } from '../support/crash-lab.ts'

const isFull = process.env['SLUICE_TEST_FULL'] === '1'
const rounds = isFull ? 5 : 1

/**
 * Points of an attempt's life at which the delegate ends itself, each in the process that follows on the one before. An attempt that ended
 * before its pod is one of three that its step group gets.
 */
const chains = isFull
  ? [
      ['offered', 'accepted', 'placed', 'ended'],
      ['preparing', 'prepared', 'placed', 'removed'],
    ]
  : [['accepted', 'prepared', 'placed', 'ended']]

/** When a delegate is killed from outside: as soon as the cluster or the target shows it. */
const moments = isFull ? (['start', 'anchor', 'secrets', 'pod', 'running'] as const) : (['running'] as const)
type Moment = 'start' | 'anchor' | 'secrets' | 'pod' | 'running'

describe('after a crash of the delegate', { skip: skipWithoutKube() }, () => {
  let crash: CrashLab

  before(async () => {
    crash = await openCrashLab()
  })
  after(() => crash?.[Symbol.asyncDispose]())

  const finishesOnce = async (work: CrashCase, { id, row }: { id: string; row: number }): Promise<void> => {
    const view = await crash.lab.installation.waitForExecution(id, { timeoutMs: 180_000 })
    equal(view.state, 'Succeeded', crash.describe(view))
    equal(await work.rows(row), 1)
    await crash.waitUntilClean()
  }

  for (const chain of chains) {
    it(`at each of ${chain.join(', ')} the work is done, once, by its successors`, async () => {
      const work = await crash.openCase({ sleepSeconds: 1 })
      for (let round = 0; round < rounds; round++) {
        let started: Awaited<ReturnType<CrashCase['start']>> | undefined
        const died: string[] = []
        for (const point of chain) {
          await crash.restartDelegate({ killAt: point })
          started ??= await work.start()
          await crash.delegateEnded()
          died.push(point)
        }
        deepEqual(died, chain)
        await crash.restartDelegate()
        if (started !== undefined) await finishesOnce(work, started)
      }
    })
  }

  for (const moment of moments) {
    it(`by a kill at "${moment}" the work is done, once, by its successor`, async () => {
      const work = await crash.openCase({ sleepSeconds: 4 })
      for (let round = 0; round < rounds; round++) {
        const started = await work.start()
        const isAt: Readonly<Record<Moment, () => Promise<boolean>>> = {
          start: async () => true,
          anchor: async () => (await crash.objects('anchors', started.id)).length > 0,
          secrets: async () => (await crash.objects('secrets', started.id)).length > 0,
          pod: async () => (await crash.pod(started.id)) !== undefined,
          running: () => work.isSleeping(),
        }
        await waitFor(isAt[moment], { timeoutMs: 60_000, intervalMs: 5, what: moment })
        await crash.restartDelegate()
        await finishesOnce(work, started)
      }
    })
  }
})
