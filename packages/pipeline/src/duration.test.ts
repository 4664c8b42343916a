import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDuration, parseDuration } from './duration.ts'

test('durations are read in every unit, alone and together', () => {
  const expected: [string, number][] = [
    ['30s', 30_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['1d 2h', 93_600_000],
    ['1w', 604_800_000],
    ['1m 500ms', 60_500],
  ]
  for (const [text, ms] of expected) assert.equal(parseDuration(text), ms, text)
})

test('what is no duration, nothing or endless is refused', () => {
  for (const text of ['', '10', 'm', '-1m', '1.5h', '10 minutes', '0s', '15d', '1m1m', `${'9'.repeat(39)}s`, '1h x']) {
    assert.equal(parseDuration(text), undefined, text)
  }
})

test('durations are written as people write them', () => {
  const expected: [number, string][] = [
    [20, '20ms'],
    [1_500, '1.5s'],
    [45_000, '45s'],
    [600_000, '10m'],
    [5_400_000, '1h30m'],
    [3_601_000, '1h1s'],
  ]
  for (const [ms, text] of expected) assert.equal(formatDuration(ms), text)
})
