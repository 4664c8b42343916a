import { deepEqual, equal } from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { blankEntry } from './attempt-host.ts'
import { createJournal, isAttemptId } from './journal.ts'

describe('the journal', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-journal-'))
  })
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true })
  })

  it('gives back what was saved last, whatever was under way at once', async () => {
    const journal = createJournal(dir)
    const entry = blankEntry('att_1', 2, 'preparing')
    await Promise.all([
      journal.save(entry),
      journal.save({ ...entry, phase: 'running' }),
      journal.save(blankEntry('att_2', 1, 'accepting')),
      journal.save({ ...entry, phase: 'finishing', pending: [{ type: 'attempt.preparing' }] }),
      journal.remove('att_2'),
    ])
    deepEqual(await createJournal(dir).load(), [{ ...entry, phase: 'finishing', pending: [{ type: 'attempt.preparing' }] }])
    deepEqual(readdirSync(dir), ['att_1.json'])
    equal(statSync(join(dir, 'att_1.json')).mode & 0o777, 0o600)
  })

  it('removes drafts that a killed process left, and leaves out what it cannot understand', async () => {
    writeFileSync(join(dir, 'att_1.json.17-1.tmp'), '{"att')
    writeFileSync(join(dir, 'att_2.json'), '{"attemptId":"att_2","epo')
    writeFileSync(join(dir, 'att_3.json'), '{"attemptId":"../up","epoch":1,"pending":[]}')
    deepEqual(await createJournal(dir).load(), [])
    deepEqual(readdirSync(dir).toSorted(), ['att_2.json', 'att_3.json'])
  })

  it('takes no path for an attempt’s id', () => {
    for (const text of ['', '..', 'a/b', '.x', 'a b', 'x'.repeat(129)]) equal(isAttemptId(text), false, text)
    equal(isAttemptId('att_01m82cxjpetg31qf98xr2k0s6k'), true)
  })
})
