import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseYaml } from './parse-yaml.ts'
import { Report } from './report.ts'
import { findNode, toPlainValue } from './yaml-node.ts'

function parse(text: string): { values: unknown[]; problems: string[] } {
  const report = new Report('f.yaml')
  const documents = parseYaml(text, report)
  return {
    values: documents.map(({ root }) => toPlainValue(root)),
    problems: report.diagnostics().map(({ line, column, code }) => `${line}:${column} ${code}`),
  }
}

test('values follow the core schema of YAML 1.2', () => {
  assert.deepEqual(parse('a: yes\nb: true\nc: 0o17\nd: ~\ne: "1"\nf: 1.5').values, [
    { a: 'yes', b: true, c: 15, d: null, e: '1', f: 1.5 },
  ])
})

test('a scalar keeps the text it was written as', () => {
  const [document] = parseYaml('a: 1.10', new Report(undefined))
  assert.ok(document)
  const { node } = findNode(document.root, ['a'])
  assert.equal(node.kind === 'scalar' ? node.text : '', '1.10')
})

test('a text that is no YAML at all is told in a few short lines', () => {
  const report = new Report('README.md')
  parseYaml(`# Title\n\n${'Some words: that are no: mapping, on and on, '.repeat(20)}\n\n| a | b |\n`.repeat(40), report)
  const problems = report.diagnostics()
  assert.ok(problems.length > 0 && problems.length <= 20, String(problems.length))
  for (const { message } of problems) assert.ok(message.length <= 170, message)
})

test('duplicate keys, aliases without anchor, tags and broken syntax are errors with a place', () => {
  assert.deepEqual(parse('a: 1\nb: 2\na: 3').problems, ['3:1 YAML_DUPLICATE_KEY'])
  assert.deepEqual(parse('a: *x').problems, ['1:4 YAML_SYNTAX'])
  assert.deepEqual(parse('a: !custom 1').problems, ['1:4 YAML_SYNTAX'])
  assert.deepEqual(parse('{a: 1}: 2').problems, ['1:1 YAML_KEY'])
  assert.ok(parse('a: [1,\nb: 2').problems.length > 0)
  assert.deepEqual(parse('a: 1\n\tb: 2').values, [])
})

test('anchors and aliases are expanded, but not without end', () => {
  assert.deepEqual(parse('a: &x {k: 1}\nb: *x').values, [{ a: { k: 1 }, b: { k: 1 } }])
  assert.deepEqual(parse('&a [*a]').problems, ['1:5 YAML_TOO_DEEP'])
  const letters = 'abcdefghij'
  const bomb = letters
    .split('')
    .map(
      (letter, index) =>
        `${letter}: &${letter} [${Array(10)
          .fill(index === 0 ? 'x' : `*${letters[index - 1]}`)
          .join(', ')}]`,
    )
    .join('\n')
  assert.deepEqual(
    parse(bomb).problems.map((problem) => problem.split(' ')[1]),
    ['YAML_TOO_LARGE'],
  )
})

test('a key __proto__ is a key like any other', () => {
  const [value] = parse('__proto__: {x: 1}').values
  assert.deepEqual(Object.keys(value as object), ['__proto__'])
  assert.equal(({} as Record<string, unknown>)['x'], undefined)
})

test('texts that are too large or nested too deeply are refused without being parsed', () => {
  assert.deepEqual(parse('a'.repeat(5_000_000)).problems, ['undefined:undefined YAML_TOO_LARGE'])
  for (const text of ['['.repeat(100_000), '- '.repeat(100_000), '? '.repeat(100_000), '{a: '.repeat(100_000)]) {
    assert.deepEqual(
      parse(text).problems.map((problem) => problem.split(' ')[1]),
      ['YAML_TOO_DEEP'],
    )
  }
  const steps = Array.from({ length: 1_400 }, (_, index) => `${' '.repeat(index)}a:`).join('\n')
  assert.ok(
    parse(steps).problems.some((problem) => problem.endsWith('YAML_TOO_DEEP')),
    parse(steps).problems.join(),
  )
})

test('each document keeps its own text', () => {
  const documents = parseYaml('a: 1\n---\nb: 2 # two\n---\n# empty\n', new Report(undefined))
  assert.deepEqual(
    documents.map((document) => document.source),
    ['a: 1\n', 'b: 2 # two\n'],
  )
})

test('of very many problems the first are shown, and errors before notes', () => {
  const report = new Report(undefined)
  for (let index = 1; index <= 250; index++) report.note('N', 'n', { line: index, column: 1 })
  report.error('E', 'e', { line: 999, column: 1 })
  const diagnostics = report.diagnostics()
  assert.equal(diagnostics.length, 201)
  assert.ok(diagnostics.some((diagnostic) => diagnostic.code === 'E'))
  assert.equal(diagnostics.at(-1)?.code, 'TOO_MANY_PROBLEMS')
  assert.equal(diagnostics.at(-1)?.severity, 'error')
})
