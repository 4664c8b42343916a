import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toJson, toStorable, toStorableText } from './json.ts'

test('what PostgreSQL cannot store is replaced, everything else stays', () => {
  assert.equal(toStorableText('a\0b\ud800c🙂'), 'a\uFFFDb\uFFFDc🙂')
  assert.equal(
    toJson({ list: ['a\0', { deep: '\udfff' }], number: 1, nothing: null }),
    '{"list":["a�",{"deep":"�"}],"number":1,"nothing":null}',
  )
})

test('keys are made storable too, where the whole value is', () => {
  assert.deepEqual(toStorable({ 'a\0': [{ b: 'c\ud800' }], n: 1, no: null }), { 'a\uFFFD': [{ b: 'c\uFFFD' }], n: 1, no: null })
})
