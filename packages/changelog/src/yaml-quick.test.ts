import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { createReporter } from './reporter.ts'
import { readYamlQuickly } from './yaml-quick.ts'
import { readYamlFully } from './yaml-source.ts'

/** What the quick reader accepts is what the full parser reads, places included. Gives whether it accepted. */
function agrees(text: string): boolean {
  const quick = readYamlQuickly(text, 'a.yaml')
  if (quick === undefined) return false
  const reporter = createReporter()
  const full = readYamlFully(text, 'a.yaml', reporter)
  assert.deepEqual(reporter.diagnostics, [], text)
  // Undefined fields may be there or not.
  assert.deepEqual(JSON.parse(JSON.stringify(quick)), JSON.parse(JSON.stringify(full)), text)
  return true
}

test('usual changelogs are read quickly, and as the full parser reads them', () => {
  const folder = join(import.meta.dirname, '../testdata')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'))
  const quick = files.filter((name) => agrees(readFileSync(join(folder, name), 'utf8')))
  assert.ok(files.length >= 8)
  assert.ok(quick.length >= files.length - 3, `Only ${quick.join(', ')} of ${files.join(', ')}`)
})

test('each form that the quick reader knows is read as by the full parser', () => {
  const forms = [
    ...['a: 1\n', 'a: 1', '---\na: b\n', '# c\na: b # d\n\n# e\n', 'a:\n- 1\n- b: c\n  d: e\n', 'a:\n  - - 1\n    - 2\n'],
    ...[
      'a: "x\\n\\u00e4" \n',
      "a: 'it''s'\n",
      'a: {b: c, d: [1, 2, {e: f}], g: }\n',
      'a: []\n',
      'a: {}\nb:\n',
      '{"a": [1, "x", null, {"b": true}]}\n',
    ],
    ...[
      'a: |\n  x\n   y\n\n  z\n\nb: c\n',
      'a: |-\n  x\n',
      'a: |+\n  x\n\n\nb: c\n',
      'a: >\n  x\n  y\n\n  z\n',
      'a: |\n  x',
      'a: >-\n  x\n  y',
    ],
    ...[
      'a:\n  - |\n    x\n  - y\n',
      '{\n  "a": {\n    "b": "c"\n  }\n}\n',
      '- a: 2001-02-03\n- b: 007\n',
      'a: x:y\n',
      'a: b#c\n',
      'a: -1\n',
    ],
  ]
  assert.deepEqual(
    forms.filter((text) => !agrees(text)),
    [],
  )
})

test('everything else is left to the full parser', () => {
  const forms = [
    ...[
      'a: &x 1\nb: *x\n',
      'a: !!str 1\n',
      '? a\n: b\n',
      'a: b\n  c\n',
      'a: "b\n  c"\n',
      'a: b: c\n',
      '%YAML 1.1\n---\na: b\n',
      'a: b\n...\n',
      'a: 1\na: 2\n',
    ],
    ...[
      'a: [1, 2\nb: c\n',
      'a:\n\tb: c\n',
      'a: |\n\n',
      'a: @b\n',
      'a:\n   b: c\n  d: e\n',
      '- a\nb: c\n',
      'a: "b" c\n',
      '',
      'a: b\n---\nc: d\n',
    ],
  ]
  assert.deepEqual(
    forms.filter((text) => readYamlQuickly(text, 'a.yaml') !== undefined),
    [],
  )
})

const word = fc.constantFrom(
  ...['a', 'b1', 'key', 'true', '1.50', '007', '2001-02-03', 'x y', 'null', '~', 'x:y', 'x#y', '-1', 'a-b', '${p}'],
)
const piece = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('\n', ' ', '  ', ': ', ':', '- ', ':\n', '\n  ', '\n- ', '\n    ', ' # c\n') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '"',
      "'",
      '{',
      '}',
      '[',
      ']',
      ', ',
      ',',
      '|\n',
      '>\n',
      '|-\n',
      '>+\n',
      '\\',
      '\t',
      '&x ',
      '*x',
      '!t ',
    ),
  },
  { weight: 4, arbitrary: word },
)

test('no text makes the quick reader and the full parser differ', () => {
  let accepted = 0
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
      if (agrees(pieces.join(''))) accepted++
    }),
    { numRuns: 3_000 },
  )
  assert.ok(accepted > 20, String(accepted))
})

const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(word, fc.string({ maxLength: 12 }), fc.integer(), fc.constant(null), fc.boolean()),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.stringMatching(/^[a-zA-Z_]{1,6}$/), tie('value'), { maxKeys: 4 }),
  ),
})).value

test('JSON of any shape is read as by the full parser', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-zA-Z_]{1,6}$/), value, { minKeys: 1, maxKeys: 3 }),
      fc.constantFrom(0, 1, 2),
      (tree, space) => {
        agrees(JSON.stringify(tree, null, space))
      },
    ),
    { numRuns: 500 },
  )
})
