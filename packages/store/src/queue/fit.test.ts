import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createFitKey, explainMisfit, fits } from './fit.ts'

const name = fc.constantFrom('a', 'b', 'c')
const names = fc.uniqueArray(name)
const task = fc.record({
  org: name,
  project: name,
  selectors: names,
  recipients: fc.option(names, { nil: undefined }),
  infra: fc.constantFrom(undefined, 'process' as const, 'kubernetes' as const),
})
const delegate = fc.record({
  org: fc.constantFrom('', 'a', 'b'),
  project: fc.constantFrom('', 'a', 'b'),
  tags: names,
  approved: fc.boolean(),
  keyId: name,
  executors: fc.constantFrom(['process'], ['kubernetes'], ['process', 'kubernetes']),
})

describe('what fits', () => {
  it('is what has no reason not to fit', () => {
    fc.assert(fc.property(task, delegate, (left, right) => fits(left, right) === (explainMisfit(left, right).length === 0)))
  })

  it('is the same for tasks with equal keys', () => {
    fc.assert(
      fc.property(task, task, delegate, (left, right, who) => {
        if (createFitKey(left) === createFitKey(right)) equal(fits(left, who), fits(right, who))
      }),
    )
  })

  it('does not depend on the order in which selectors are written', () => {
    const base = { org: 'o', project: 'p' }
    equal(createFitKey({ ...base, selectors: ['a', 'b'] }), createFitKey({ ...base, selectors: ['b', 'a'] }))
    notEqual(createFitKey({ ...base, selectors: ['a', 'b'] }), createFitKey({ ...base, selectors: ['a,b'] }))
    notEqual(createFitKey({ ...base, selectors: [] }), createFitKey({ ...base, selectors: [], recipients: [] }))
  })

  it('says each reason in words', () => {
    const who = { org: 'x', project: '', tags: ['a'], approved: true, keyId: 'k', executors: ['process'] }
    deepEqual(explainMisfit({ org: 'o', project: 'p', selectors: ['a', 'b'], recipients: ['z'] }, who), [
      'Its scope is the organization "x"; the task is of project "o/p".',
      'It lacks the tag "b".',
      'A secret of the task is not sealed to its key: set the secret again with `sluice secret set`.',
    ])
  })
})
