import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ExpressionError } from './evaluate-expression.ts'
import type { JsonValue, Template } from './model.ts'
import { evaluateParts, evaluateTemplate, parseTemplate, staticText } from './template.ts'

const place = { line: 1, column: 1 }

function parse(text: string): Template {
  const { template, problems } = parseTemplate(text, () => place)
  assert.deepEqual(problems, [])
  return template
}

const always =
  (value: JsonValue): Parameters<typeof evaluateTemplate>[1] =>
  () => ({ ok: true, value })

test('a text becomes parts', () => {
  assert.deepEqual(parse('plain'), [{ kind: 'text', text: 'plain' }])
  assert.deepEqual(parse(''), [])
  assert.deepEqual(parse('a<+b.c>d'), [
    { kind: 'text', text: 'a' },
    { kind: 'expression', expression: 'b.c', place },
    { kind: 'text', text: 'd' },
  ])
  assert.deepEqual(parse('x<+secrets.getValue("org.pw")>'), [
    { kind: 'text', text: 'x' },
    { kind: 'secret', ref: 'org.pw' },
  ])
  assert.deepEqual(parse('a < b + c > d'), [{ kind: 'text', text: 'a < b + c > d' }])
})

test('the first > outside of quotes and parentheses closes an expression', () => {
  assert.deepEqual(parse('<+a> > b'), [
    { kind: 'expression', expression: 'a', place },
    { kind: 'text', text: ' > b' },
  ])
  assert.equal(parse('<+(a > b)>').length, 1)
  assert.equal(parse('<+a == ">">').length, 1)
})

test('a secret inside a larger expression is a problem', () => {
  const { problems } = parseTemplate('<+secrets.getValue("x") == "y">', () => place)
  assert.equal(problems[0]?.code, 'EXPRESSION_SECRET')
})

test('one single expression keeps its type, a mixed text becomes text', () => {
  assert.equal(evaluateTemplate(parse('<+n>'), always(5)), 5)
  assert.equal(evaluateTemplate(parse('v<+n>'), always(5)), 'v5')
  assert.equal(evaluateTemplate(parse('<+n>'), always(null)), null)
  assert.equal(evaluateTemplate(parse('<+n>!'), always([1, 'a'])), '[1,"a"]!')
  assert.throws(() => evaluateTemplate(parse('v<+n>'), always(null)), ExpressionError)
})

test('what was substituted is never looked at again, whatever it looks like', () => {
  const hostile = fc.oneof(
    fc.constantFrom('<+secrets.getValue("pw")>', '<+pipeline.name>', '<+a', '>', '${x}', '<+<+a>>'),
    fc.string(),
    fc.string().map((text) => `<+${text}>`),
  )
  fc.assert(
    fc.property(hostile, fc.constantFrom('<+a.b>', 'x<+a.b>', '<+a.b>y'), (value, field) => {
      const expected = field.replace('<+a.b>', () => value)
      assert.equal(evaluateTemplate(parse(field), always(value)), expected)
      const parts = evaluateParts([...parse(field), { kind: 'secret', ref: 'mine' }], always(value))
      assert.deepEqual(
        parts.filter((part) => part.kind === 'secret'),
        [{ kind: 'secret', ref: 'mine' }],
      )
      assert.equal(staticText(parts.filter((part) => part.kind === 'text')), expected)
    }),
  )
})

test('a text that grows without measure is an error', () => {
  assert.throws(() => evaluateTemplate(parse('<+a><+a>'), always('x'.repeat(60_000))), ExpressionError)
})

test('any text becomes parts or problems, and static texts come back as they were', () => {
  const token = fc.constantFrom('<+', '>', 'a.b', '"', 'secrets.getValue("x")', ' ', '(', ')', 'text')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(token, { maxLength: 20 }).map((tokens) => tokens.join('')),
      ),
      (text) => {
        const { template, problems } = parseTemplate(text, () => place)
        if (!text.includes('<+')) {
          assert.deepEqual(problems, [])
          assert.equal(staticText(template), text)
        }
      },
    ),
    { numRuns: 1_000 },
  )
})
