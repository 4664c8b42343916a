import assert from 'node:assert/strict'
import { test } from 'node:test'
import { didYouMean } from './diagnostic.ts'

void test('the nearest name is the one with two letters swapped, not a shorter one', () => {
  assert.equal(didYouMean('stagse', ['tags', 'stages']), 'stages')
  assert.equal(didYouMean('serivce', ['spec', 'service']), 'service')
})

void test('names that are too far away are not proposed', () => {
  assert.equal(didYouMean('entirely', ['tags', 'stages']), undefined)
})
