import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Compares a text with the file that holds what is expected. `UPDATE_GOLDEN=1` writes the file instead, for a person to read the
 * difference; under `CI` that is refused.
 */
export function expectGolden(path: string, text: string): void {
  if (process.env['UPDATE_GOLDEN'] === '1') {
    assert.ok(!process.env['CI'], `Golden files are not rewritten in CI: "${path}".`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return
  }
  assert.ok(existsSync(path), `The golden file "${path}" does not exist. Run the test with UPDATE_GOLDEN=1 to write it.`)
  assert.equal(text, readFileSync(path, 'utf8'), `The result differs from "${path}". Run with UPDATE_GOLDEN=1 if it is right.`)
}
