import { equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPermitLog } from './permit-log.ts'

describe('the permit log', () => {
  it('knows nothing of attempts that it has not placed, and says so', async () => {
    const log = createPermitLog({ sharesRelay: false })
    equal(log.isOpen('att_1'), true)
    equal(await log.close('att_1'), false)
  })

  it('closes an attempt that has not asked, and lets it ask no more', async () => {
    const log = createPermitLog({ sharesRelay: false })
    log.placed('att_1')
    equal(log.isOpen('att_1'), false)
    equal(await log.close('att_1'), true)
    equal(log.asks('att_1'), false)
  })

  it('never closes one that has asked until the control plane says that none is open', async () => {
    const log = createPermitLog({ sharesRelay: false })
    log.placed('att_1')
    equal(log.asks('att_1'), true)
    equal(log.isOpen('att_1'), true)
    equal(await log.close('att_1'), false)
    log.cleared('att_1')
    equal(await log.close('att_1'), true)
  })

  it('trusts nothing that it may not have seen', async () => {
    const log = createPermitLog({ sharesRelay: true })
    log.placed('att_1')
    equal(log.isOpen('att_1'), true)
    equal(await log.close('att_1'), false)
  })
})
