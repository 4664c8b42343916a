import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { renderErrorsPage } from '../../scripts/errors-page.ts'
import { renderArchitecture } from '../../scripts/imports-table.ts'
import { renderConformancePage } from '../conformance/page.ts'
import { root, sourceFiles } from './source-files.ts'

const readText = (path: string): string => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '')

test('ARCHITECTURE.md shows the table of imports that is enforced (npm run generate writes it)', () => {
  assert.equal(readText('ARCHITECTURE.md'), renderArchitecture(root), 'ARCHITECTURE.md is out of date. Run `npm run generate`.')
})

test('every error code is in docs/errors.md (npm run generate writes it)', () => {
  assert.equal(readText('docs/errors.md'), renderErrorsPage(root), 'docs/errors.md is out of date. Run `npm run generate`.')
})

test('docs/conformance.md shows the cases and lists of tests/conformance (npm run generate writes it)', () => {
  assert.equal(
    readText('docs/conformance.md'),
    renderConformancePage(),
    'docs/conformance.md is out of date. Run `npm run generate`.',
  )
})

test('every environment variable is in docs/env.md, and no other', () => {
  const documented = new Set(readText('docs/env.md').match(/\bSLUICE_[A-Z0-9_]*[A-Z0-9]\b/g) ?? [])
  const shell = ['start', 'test', 'sluice', '.ci/run', 'scripts/node', 'scripts/kube/settings.sh'].map((path) => ({
    path,
    code: readText(path),
  }))
  const findNames = (files: readonly { path: string; code: string }[]): Map<string, string> =>
    new Map(files.flatMap(({ path, code }) => [...code.matchAll(/\bSLUICE_[A-Z0-9_]*[A-Z0-9]\b/g)].map(([name]) => [name, path])))
  const used = findNames([...sourceFiles.filter(({ isTest }) => !isTest), ...shell])
  const known = findNames([...sourceFiles, ...shell])
  // Put in by the bundler, not by a person.
  used.delete('SLUICE_VERSION')
  assert.deepEqual(
    [...used].filter(([name]) => !documented.has(name)),
    [],
    'variables without a line in docs/env.md, with a file that uses each',
  )
  assert.deepEqual(
    [...documented].filter((name) => !known.has(name)),
    [],
    'lines in docs/env.md of variables that nothing uses',
  )
})
