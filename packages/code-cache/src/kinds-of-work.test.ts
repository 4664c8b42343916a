import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWorkDone, kindsMax } from './kinds-of-work.ts'

test('kinds of work are noted once each, and never without end', () => {
  const work = createWorkDone()
  work.note('apply')
  work.note('apply')
  assert.deepEqual([...work.kinds], ['apply'])
  for (let index = 0; index < 2 * kindsMax; index++) work.note(`kind ${String(index)}`)
  assert.equal(work.kinds.size, kindsMax)
})
