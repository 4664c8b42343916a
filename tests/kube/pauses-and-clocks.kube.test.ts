import { equal, ok } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openTempDir, skipWithoutKube, type TempDir, waitFor } from '@sluice/testkit'
import { skipWithoutNode } from '../support/cluster-node.ts'
import { type CrashLab, openCrashLab } from '../support/crash-lab.ts'
import { stepsOf } from '../support/execution-steps.ts'

const isFull = process.env['SLUICE_TEST_FULL'] === '1'
const hourMs = 3_600_000
const shiftedClock = new URL('../support/shifted-clock.ts', import.meta.url).href
const shifted = ['server', 'delegate'] as const
type Shifted = (typeof shifted)[number]
type Jump = Readonly<Record<Shifted, number>>

/** Of control plane and delegate each, against each other, the databases, the cluster and the pods. */
const jumps: readonly Jump[] = [
  { server: 1, delegate: -1 },
  { server: -1, delegate: 1 },
]

describe('time that passes otherwise than it seems', { skip: skipWithoutKube() || skipWithoutNode() }, () => {
  let temp: TempDir
  let crash: CrashLab
  const fileOf = (who: Shifted): string => join(temp.path, who)
  const shift = (hours: Jump): void => {
    for (const who of shifted) writeFileSync(fileOf(who), String(hours[who] * hourMs))
  }

  before(async () => {
    temp = await openTempDir()
    shift({ server: 0, delegate: 0 })
    const clockOf = (who: Shifted) => ({ NODE_OPTIONS: `--import ${shiftedClock}`, SHIFTED_CLOCK_FILE: fileOf(who) })
    crash = await openCrashLab({ serverEnv: clockOf('server'), delegateEnv: clockOf('delegate') })
  })
  after(async () => {
    await crash?.[Symbol.asyncDispose]()
    await temp?.[Symbol.asyncDispose]()
  })

  // The lab's durations are a quarter of the usual ones: a lease takes 15 seconds there, and ten minutes are two and a half.
  const pauseMs = 150_000

  const pauseRunner = async (): Promise<void> => {
    const { installation } = crash.lab
    const work = await crash.openCase({ sleepSeconds: 1 })
    const { id, row } = await work.start()
    await waitFor(() => work.isSleeping(), { timeoutMs: 60_000, what: 'the change' })
    const { pid } = await crash.container(id)
    process.kill(pid, 'SIGSTOP')
    try {
      // For longer than the lease of whoever does not answer.
      await new Promise((resolve) => {
        setTimeout(resolve, pauseMs)
      })
      equal(stepsOf(await installation.getExecution(id))[0]?.state, 'Running')
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    const view = await installation.waitForExecution(id, { timeoutMs: 60_000 })
    equal(view.state, 'Succeeded', crash.describe(view))
    equal(stepsOf(view)[0]?.counts?.applied, 1)
    equal(await work.rows(row), 1)
  }
  // Mostly waiting, and for long.
  if (isFull)
    it('a runner that is stopped in the middle of a change goes on when it may, and the change is made once', pauseRunner)

  for (const jump of isFull ? jumps : jumps.slice(0, 1)) {
    const name = shifted.map((who) => `${who} ${String(jump[who])} h`).join(', ')
    it(`clocks jump (${name}): a change that runs and one that begins then are made once`, async () => {
      const { installation } = crash.lab
      const work = await crash.openCase({ sleepSeconds: 4 })
      const running = await work.start()
      await waitFor(() => work.isSleeping(), { timeoutMs: 60_000, what: 'the change' })
      shift(jump)
      for (const { id, row } of [running, await work.start()]) {
        const view = await installation.waitForExecution(id, { timeoutMs: 120_000 })
        equal(view.state, 'Succeeded', crash.describe(view))
        equal(stepsOf(view)[0]?.counts?.applied, 1)
        equal(await work.rows(row), 1)
      }
      ok(
        saysTheTime(installation.delegate?.output ?? '', Date.now() + jump.delegate * hourMs),
        'the delegate’s clock did not jump',
      )
      shift({ server: 0, delegate: 0 })
      // And back: what was noted by the other clock must not hold anything up.
      const { id, row } = await work.start()
      const view = await installation.waitForExecution(id, { timeoutMs: 120_000 })
      equal(view.state, 'Succeeded', crash.describe(view))
      equal(await work.rows(row), 1)
    })
  }

  it('nothing of it is left', () => crash.waitUntilClean())
})

/** Whether a line of a log was written at about that time. */
function saysTheTime(log: string, atMs: number): boolean {
  return [...log.matchAll(/"time":"([^"]+)"/g)].some(([, text = '']) => Math.abs(Date.parse(text) - atMs) < hourMs / 4)
}
