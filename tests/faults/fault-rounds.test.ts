import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type FaultLab, openFaultLab } from './fault-lab.ts'
import { faultKinds, runFaultRound } from './fault-round.ts'

// A sample: one round of each kind, with new seeds every time. `npm run test:faults -- --seed N --kind K` repeats one.
const firstSeed = Number(process.env['SLUICE_FAULT_SEED'] ?? Math.floor(Math.random() * 1_000_000) + 1000)

void describe(`killed at a random moment (first seed ${String(firstSeed)})`, () => {
  let lab: FaultLab
  before(async () => {
    lab = await openFaultLab(firstSeed)
    await lab.sluice.startDelegate({ serverUrl: lab.proxy.url })
  })
  after(() => lab?.[Symbol.asyncDispose]())

  for (const [index, kind] of faultKinds.entries()) {
    const seed = firstSeed + index
    void test(`${kind}: a true final state or Unknown, and no changeset ran twice (seed ${String(seed)})`, async () => {
      const result = await runFaultRound(lab, seed, kind)
      assert.deepEqual(result.findings, [], JSON.stringify(result))
    })
  }
})
