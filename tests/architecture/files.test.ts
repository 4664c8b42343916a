import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { root, sourceFiles } from './source-files.ts'

const linesMax = 400

/** Where printing is the job. */
const mayPrint = (path: string): boolean =>
  /^(scripts|bench|tests)\//.test(path) || /^apps\/[^/]+\/src\/main\.ts$/.test(path) || path.startsWith('apps/cli/src/')

function findLines(pattern: RegExp, isConcerned: (path: string, isTest: boolean) => boolean): string[] {
  return sourceFiles
    .filter(({ path, isTest }) => isConcerned(path, isTest))
    .flatMap(({ path, code }) =>
      code.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
    )
}

test('no test is run alone, left for later or switched off', () => {
  const pattern = /\b(?:test|it|describe|suite)\.(?:only|todo|skip)\(|\{\s*(?:only|todo|skip):\s*true/
  assert.deepEqual(
    findLines(pattern, (path, isTest) => isTest && !path.startsWith('tests/architecture/')),
    [],
  )
})

test('only programs print to the console', () => {
  assert.deepEqual(
    findLines(/\bconsole\.(?:log|info|debug|warn|error)\(/, (path, isTest) => !isTest && !mayPrint(path)),
    [],
  )
})

test(`no source file has more than ${linesMax} lines`, () => {
  const long = sourceFiles
    .filter(({ path, isTest }) => !isTest && !path.includes('generated'))
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > linesMax)
  assert.deepEqual(long, [])
})

test('file names are kebab-case; components are PascalCase', () => {
  const pattern = /^(?:[a-z0-9]+(?:[-.][a-z0-9]+)*\.tsx?|[A-Z][A-Za-z0-9]*(?:\.test)?\.tsx)$/
  assert.deepEqual(
    sourceFiles.map(({ path }) => path).filter((path) => !pattern.test(path.split('/').at(-1) ?? '')),
    [],
  )
})

test('a disabled lint rule says why', () => {
  const pattern = /(?:eslint|oxlint)-disable(?:-next-line|-line)?\b(?!.*\s--\s\S)/
  const wrong = sourceFiles
    .filter(({ path }) => !path.startsWith('tests/architecture/'))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
    )
  assert.deepEqual(wrong, [])
})

test('what the repository promises at its root is there', () => {
  const names = new Set(readdirSync(root))
  const expected = [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'LICENSE',
    'start',
    'test',
    'sluice',
    'docs',
    'examples',
  ]
  assert.deepEqual(
    expected.filter((name) => !names.has(name)),
    [],
  )
})
