import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { describeProgress } from './describe-progress.ts'
import { findInputs } from './find-inputs.ts'

test('progress counts what is over and names what went wrong', () => {
  assert.equal(describeProgress({}), 'no steps')
  assert.equal(describeProgress({ Succeeded: 2, Running: 1, Pending: 1 }), '2 of 4 steps')
  assert.equal(describeProgress({ Succeeded: 1, Failed: 1, Skipped: 2 }), '1 of 4 steps, 1 failed, 2 skipped')
})

test('inputs of the example pipeline are suggested', () => {
  const yaml = readFileSync(new URL('../../../../examples/shop/entities/40-pipeline.yaml', import.meta.url), 'utf8')
  assert.deepEqual(findInputs(yaml), ['release'])
})

test('fixed variables and variables of stages are not', () => {
  const yaml =
    'pipeline:\n  variables:\n    - name: fixed\n      value: a\n    - name: free\n      value: "<+input>"\n  stages:\n    - name: x\n      value: <+input>\n'
  assert.deepEqual(findInputs(yaml), ['free'])
})
