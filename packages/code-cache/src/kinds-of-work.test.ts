import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kindsMax, kindsOfWork, noteKindOfWork } from './kinds-of-work.ts'

test('kinds of work are noted once each, and never without end', () => {
  noteKindOfWork('apply')
  noteKindOfWork('apply')
  assert.deepEqual([...kindsOfWork], ['apply'])
  for (let index = 0; index < 2 * kindsMax; index++) noteKindOfWork(`kind ${String(index)}`)
  assert.equal(kindsOfWork.size, kindsMax)
})
