import { equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Clock, defaultTimings } from '@sluice/base'
import { createHealthGate } from './health-gate.ts'

const timings = { ...defaultTimings, leaseGraceMs: 90_000, leaseMs: 60_000, sweepEveryMs: 5_000 }

function makeClock(): Clock & { pass(ms: number): void } {
  let now = 0
  return {
    now: () => 0,
    monotonic: () => now,
    sleep: () => Promise.resolve(),
    pass(ms) {
      now += ms
    },
  }
}

async function run(clock: ReturnType<typeof makeClock>, gate: ReturnType<typeof createHealthGate>, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += timings.sweepEveryMs) {
    clock.pass(timings.sweepEveryMs)
    await gate.check(() => Promise.resolve())
  }
}

describe('the health gate', () => {
  it('opens only after the server has been well for the whole grace', async () => {
    const clock = makeClock()
    const gate = createHealthGate({ clock, timings })
    await run(clock, gate, 85_000)
    equal(gate.isOpen, false)
    await run(clock, gate, 10_000)
    equal(gate.isOpen, true)
  })

  it('closes when the database fails, is slow, or this process stood still', async () => {
    const clock = makeClock()
    const gate = createHealthGate({ clock, timings })
    const troubles = [
      () => gate.check(() => Promise.reject(new Error('away'))),
      () =>
        gate.check(async () => {
          clock.pass(20_000)
        }),
      async () => {
        clock.pass(30_000)
        await gate.check(() => Promise.resolve())
      },
    ]
    for (const trouble of troubles) {
      await run(clock, gate, 100_000)
      equal(gate.isOpen, true)
      await trouble()
      equal(gate.isOpen, false)
      await run(clock, gate, 80_000)
      equal(gate.isOpen, false)
    }
  })

  it('is closed while nobody checks', async () => {
    const clock = makeClock()
    const gate = createHealthGate({ clock, timings })
    await run(clock, gate, 100_000)
    clock.pass(25_000)
    equal(gate.isOpen, false)
  })
})
