import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { evaluateExpression, ExpressionError, toBoolean } from './evaluate-expression.ts'
import type { JsonValue } from './model.ts'
import { parseExpression } from './parse-expression.ts'

const names: Record<string, JsonValue> = { 'a.b': 'text', n: 5, empty: null, list: [1, 2], yes: true, five: '5' }

function evaluate(source: string): JsonValue {
  const parsed = parseExpression(source)
  if (!parsed.ok) throw new Error(parsed.problem.message)
  return evaluateExpression(parsed.expression, (segments) => {
    const name = segments.join('.')
    const value = names[name]
    return value === undefined ? { ok: false, message: `no ${name}` } : { ok: true, value }
  })
}

test('literals, names, comparisons and logic have their values', () => {
  const expected: [string, JsonValue][] = [
    ['"x"', 'x'],
    ["'it\\'s'", "it's"],
    ['-1.5', -1.5],
    ['true && !false', true],
    ['n == 5 && five == 5', true],
    ['n >= 5', true],
    ['n > 5 || n < 5', false],
    ['a.b == "text"', true],
    ['a.b != "other"', true],
    ['<+n> > 4', true],
    ['<+ <+n> == 5 >', true],
    ['<+(n > 4)>', true],
    ['!(n == 4) && (yes || nothing)', true],
    ['empty == null', true],
    ['list == list', true],
    ['"a" < "b"', true],
    ['yes == "true"', true],
    ['"10" > "9"', true],
    ['a["b"]', 'text'],
  ]
  for (const [source, value] of expected) assert.deepEqual(evaluate(source), value, source)
})

test('&& and || do not look at what cannot matter', () => {
  assert.equal(evaluate('false && nothing'), false)
  assert.equal(evaluate('true || nothing'), true)
  assert.throws(() => evaluate('true && nothing'), ExpressionError)
})

test('what makes no sense when evaluated is an error', () => {
  for (const source of ['a.b && true', 'list > 1', 'empty < 1', '!n', 'a.b > 1']) {
    assert.throws(() => evaluate(source), ExpressionError, source)
  }
  assert.throws(() => toBoolean('yes'), ExpressionError)
})

test('broken expressions say what is wrong and where', () => {
  const expected: [string, number, RegExp][] = [
    ['', 0, /needs a value/],
    ['a ==', 4, /needs a value/],
    ['a = b', 2, /should end/],
    ['a & b', 2, /should end/],
    ['a + 1', 2, /should end/],
    ['(a', 2, /no "\)"/],
    ['<+a', 3, /no ">"/],
    ['"open', 0, /no " at its end/],
    ['a.', 2, /no name/],
    ['a == b == c', 6, /chained/],
    ['a.size()', 6, /Functions/],
    ['secrets.other("x")', 13, /referred to in another way/],
    ['secrets.getValue("a b")', 23, /name of the secret/],
  ]
  for (const [source, offset, message] of expected) {
    const parsed = parseExpression(source)
    assert.ok(!parsed.ok, source)
    assert.match(parsed.problem.message, message)
    assert.equal(parsed.problem.offset, offset, source)
  }
})

test('depth and length are bounded', () => {
  for (const source of [
    '('.repeat(10_000),
    '!'.repeat(10_000),
    '<+'.repeat(10_000),
    'a && '.repeat(10_000),
    `a${'.a'.repeat(5_000)}`,
  ]) {
    assert.equal(parseExpression(source).ok, false, source.slice(0, 10))
  }
})

test('any text either parses or says why not', () => {
  const token = fc.constantFrom(
    'a',
    '.',
    '"',
    "'",
    '(',
    ')',
    '<+',
    '>',
    '==',
    '!',
    '&&',
    '||',
    ' ',
    '1',
    '-',
    '[',
    ']',
    'secrets.getValue',
    '\\',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(token, { maxLength: 30 }).map((tokens) => tokens.join('')),
      ),
      (source) => {
        const parsed = parseExpression(source)
        if (parsed.ok) assert.ok(parsed.end <= source.length)
        else assert.ok(parsed.problem.offset >= 0 && parsed.problem.offset <= source.length)
      },
    ),
    { numRuns: 2_000 },
  )
})
