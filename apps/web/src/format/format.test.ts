import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBytes } from './bytes.ts'
import { formatCount } from './count.ts'
import { formatDuration, formatTicking } from './duration.ts'
import { formatOutput } from './output.ts'
import { formatRelative } from './relative-time.ts'

test('durations are said in the two largest units', () => {
  const said = [-5, 0, 840, 999.6, 4_200, 9_960, 59_400, 72_000, 120_000, 7_380_000, 86_400_000, 273_600_000].map(formatDuration)
  assert.deepEqual(said, [
    '0 ms',
    '0 ms',
    '840 ms',
    '1.0 s',
    '4.2 s',
    '10 s',
    '59 s',
    '1 min 12 s',
    '2 min',
    '2 h 3 min',
    '1 d',
    '3 d 4 h',
  ])
})

test('a ticking clock shows whole seconds', () => {
  assert.deepEqual([0, 999, 1000, 59_999, 61_000].map(formatTicking), ['0 s', '0 s', '1 s', '59 s', '1 min 1 s'])
})

test('times are said relative to now, and old ones as a date', () => {
  const now = Date.parse('2026-05-10T12:00:00Z')
  const said = (at: string): string => formatRelative(at, now)
  assert.equal(said('2026-05-10T11:59:58Z'), 'just now')
  assert.equal(said('2026-05-10T12:00:20Z'), 'just now')
  assert.equal(said('2026-05-10T11:59:30Z'), '30 seconds ago')
  assert.equal(said('2026-05-10T11:58:01Z'), '1 minute ago')
  assert.equal(said('2026-05-10T09:00:00Z'), '3 hours ago')
  assert.equal(said('2026-05-09T11:00:00Z'), 'yesterday')
  assert.equal(said('2026-05-10T13:00:00Z'), 'in 1 hour')
  assert.equal(said('2025-05-10T12:00:00Z'), '2025-05-10')
})

test('sizes are said in binary units', () => {
  assert.deepEqual([0, 912, 4300, 32_505_856].map(formatBytes), ['0 B', '912 B', '4.2 KiB', '31 MiB'])
})

test('counts agree with their noun', () => {
  assert.equal(formatCount(1, 'step'), '1 step')
  assert.equal(formatCount(0, 'database'), '0 databases')
})

test('outputs are laid out for reading', () => {
  assert.equal(formatOutput('v1'), 'v1')
  assert.equal(formatOutput('["a","b"]'), 'a\nb')
  assert.equal(formatOutput('{"a":1}'), '{\n  "a": 1\n}')
  assert.equal(formatOutput('[not json'), '[not json')
})
