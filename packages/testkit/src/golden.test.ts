import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { expectGolden } from './golden.ts'
import { requireOrSkip } from './require-or-skip.ts'
import { withTempDir } from './temp-dir.ts'

const names = ['UPDATE_GOLDEN', 'CI', 'SLUICE_REQUIRE_ALL'] as const
const before = names.map((name) => [name, process.env[name]] as const)

function setEnvironment(values: Partial<Record<(typeof names)[number], string>>): void {
  for (const name of names) delete process.env[name]
  Object.assign(process.env, values)
}

afterEach(() => setEnvironment(Object.fromEntries(before.filter(([, value]) => value !== undefined))))

test('a golden file is compared, and a missing or different one fails', async () => {
  await withTempDir((dir) => {
    setEnvironment({})
    const path = join(dir, 'a.golden')
    assert.throws(() => expectGolden(path, 'x'), /does not exist/)
    writeFileSync(path, 'x')
    expectGolden(path, 'x')
    assert.throws(() => expectGolden(path, 'y'), /differs/)
  })
})

test('UPDATE_GOLDEN=1 writes the file, but not in CI', async () => {
  await withTempDir((dir) => {
    const path = join(dir, 'new', 'a.golden')
    setEnvironment({ UPDATE_GOLDEN: '1' })
    expectGolden(path, 'x')
    assert.equal(readFileSync(path, 'utf8'), 'x')
    setEnvironment({ UPDATE_GOLDEN: '1', CI: 'true' })
    assert.throws(() => expectGolden(path, 'y'), /CI/)
    assert.equal(readFileSync(path, 'utf8'), 'x')
  })
})

test('a missing prerequisite skips, or fails where everything has to run', () => {
  setEnvironment({})
  assert.equal(requireOrSkip('Java 11', true), false)
  assert.equal(requireOrSkip('Java 11', false), 'needs Java 11')
  setEnvironment({ SLUICE_REQUIRE_ALL: '1' })
  assert.equal(requireOrSkip('Java 11', true), false)
  assert.throws(() => requireOrSkip('Java 11', false), { code: 'TEST_PREREQUISITE_MISSING' })
})
