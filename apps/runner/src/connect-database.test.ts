import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError, defaultTimings } from '@sluice/base'
import type { Database } from '@sluice/engine'
import { createManualClock } from '@sluice/testkit'
import { connectDatabase } from './connect-database.ts'

const unreachable = (): AppError =>
  new AppError('unavailable', 'DATABASE_UNREACHABLE', '"db" cannot be reached: no answer in time.')
const opened = {} as Database

/** A database whose first tries fail, and what is said of them; each try takes `tryMs`. */
function openLab(failures: readonly AppError[], tryMs = 0) {
  const clock = createManualClock()
  const lines: string[] = []
  const stop = new AbortController()
  let tries = 0
  const connected = connectDatabase(
    async () => {
      const failure = failures[tries++]
      if (tryMs > 0) await clock.sleep(tryMs)
      if (failure !== undefined) throw failure
      return opened
    },
    { clock, timings: defaultTimings, signal: stop.signal, say: (line) => lines.push(line), random: () => 0.5 },
  )
  const ended = connected.then(
    () => 'opened',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  const run = async (): Promise<string> => {
    let result: string | undefined
    void ended.then((value) => {
      result = value
    })
    for (let count = 0; count < 1000 && result === undefined; count++) {
      await clock.advanceToNext()
      await new Promise((resolve) => setImmediate(resolve))
    }
    return result ?? 'still waits'
  }
  return { clock, lines, stop, run, tries: () => tries, ended }
}

describe('connecting to a database', () => {
  it('is tried again when there is no answer, with a line for each failed try', async () => {
    const lab = openLab([unreachable(), unreachable()])
    assert.equal(await lab.run(), 'opened')
    assert.deepEqual(lab.lines, [
      '"db" cannot be reached: no answer in time. Trying again in 0.8 s.',
      '"db" cannot be reached: no answer in time. Trying again in 1.5 s.',
    ])
  })

  it('is given up with the last failure once a minute is over', async () => {
    for (const tryMs of [0, 10_000]) {
      const lab = openLab(
        Array.from({ length: 100 }, () => unreachable()),
        tryMs,
      )
      assert.equal(await lab.run(), unreachable().message)
      assert.ok(lab.clock.monotonic() <= 60_000 + tryMs, `gave up after ${String(lab.clock.monotonic())} ms`)
      assert.ok(lab.tries() >= 4 && lab.tries() <= 15, `${String(lab.tries())} tries`)
    }
  })

  it('is not tried again where the database has answered', async () => {
    const refused = new AppError('unauthenticated', 'DATABASE_LOGIN_REFUSED', '"db" refused the login.')
    const lab = openLab([refused])
    assert.equal(await lab.run(), refused.message)
    assert.deepEqual([lab.tries(), lab.lines], [1, []])
  })

  it('ends at once when the step is stopped between two tries', async () => {
    const lab = openLab(Array.from({ length: 100 }, () => unreachable()))
    await new Promise((resolve) => setImmediate(resolve))
    lab.stop.abort(new Error('The step was stopped.'))
    assert.equal(await lab.ended, 'The step was stopped.')
    assert.equal(lab.tries(), 1)
  })
})
