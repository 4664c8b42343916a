import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')

void test('every test that docs/promises.md names exists, and every promise has some', () => {
  const sections = readFileSync(join(root, 'docs/promises.md'), 'utf8')
    .split(/^## (?=P\d)/m)
    .slice(1)
  assert.deepEqual(
    sections.map((section) => section.slice(0, 2)),
    ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8'],
  )
  const missing = sections.flatMap((section) => {
    const named = [...section.matchAll(/^- `([^`]+)`: (.+)$/gm)]
    if (named.length === 0 || !section.includes('Not proven:'))
      return [`${section.slice(0, 2)} has no tests, or does not say what is open`]
    return named
      .filter(
        ([, file = '', name = '']) => !existsSync(join(root, file)) || !readFileSync(join(root, file), 'utf8').includes(name),
      )
      .map(([line]) => line)
  })
  assert.deepEqual(missing, [])
})
