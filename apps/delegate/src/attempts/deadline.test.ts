import { equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deadlineIn, overdueMs } from './deadline.ts'

describe('an attempt’s end of life', () => {
  const at = (uptimeMs: number, machineBoot = 'boot-a') => ({ machineBoot, uptimeMs: () => uptimeMs })

  it('counts on the machine’s uptime, so that it survives restarts and changed clocks', () => {
    const deadline = deadlineIn(1000, at(500))
    equal(overdueMs(deadline, at(1000)), -500)
    equal(overdueMs(deadline, at(1800)), 300)
  })

  it('is over after a reboot, since no runner survives one', () => {
    equal(overdueMs(deadlineIn(1000, at(500)), at(40, 'boot-b')), 40)
  })

  it('is unknown for an attempt of which nothing is known', () => {
    equal(overdueMs(undefined, at(1)), undefined)
  })
})
