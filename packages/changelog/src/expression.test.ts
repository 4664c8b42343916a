import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchesChangeDbms, matchesContexts, matchesDbms, matchesLabels, parseExpression } from './expression.ts'

/** Contexts of the changesets that the real program was asked about. */
const contexts: Readonly<Record<string, string | undefined>> = {
  none: undefined,
  test: 'test',
  nottest: '!test',
  or: 'test or prod',
  and: 'test and prod',
  paren: '(test or dev) and !prod',
  comma: 'test,prod',
  req: '@test',
}

/** What Liquibase 4.28.0 selected for each `--contexts`. */
const selected: readonly (readonly [string, string])[] = [
  ['', 'none test nottest or and paren comma'],
  ['test', 'none test or paren comma req'],
  ['prod', 'none nottest or comma'],
  ['test,prod', 'none test or and comma req'],
  ['dev', 'none nottest paren'],
]

for (const [given, expected] of selected) {
  test(`contexts "${given}" select what Liquibase selects`, () => {
    const names = Object.keys(contexts).filter((name) => matchesContexts([contexts[name]], given.split(',')))
    assert.equal(names.join(' '), expected)
  })
}

test('label filters select what Liquibase selects', () => {
  const labels = ['v1', 'v2']
  assert.equal(matchesLabels([labels], undefined), true)
  assert.equal(matchesLabels([labels], 'v1'), true)
  assert.equal(matchesLabels([labels], 'v1 and v3'), false)
  assert.equal(matchesLabels([labels], '!v1'), false)
  assert.equal(matchesLabels([[]], 'v1 and v3'), true)
  assert.equal(matchesLabels([['a'], ['v1']], 'v1'), false)
})

test('inherited contexts all have to hold, without regard to case', () => {
  assert.equal(matchesContexts(['Test', 'a or b'], ['test', 'B']), true)
  assert.equal(matchesContexts(['test', 'a'], ['test']), false)
})

test('and binds tighter than or, and not binds tightest', () => {
  assert.equal(matchesContexts(['a or b and c'], ['a']), true)
  assert.equal(matchesContexts(['(a or b) and c'], ['a']), false)
  assert.equal(matchesContexts(['not a and b'], ['b']), true)
  assert.equal(matchesContexts(['!(a or b)'], ['c']), true)
  assert.equal(matchesContexts(['a,'], ['a']), true)
})

test('broken expressions say where they break', () => {
  for (const [text, at] of [
    ['a and', 5],
    ['(a or b', 0],
    ['a)', 1],
    ['and b', 0],
    ['a or and b', 5],
  ] as const) {
    const parsed = parseExpression(text)
    assert.ok('problem' in parsed, text)
    assert.equal(parsed.at, at, text)
  }
})

test('dbms lists include, exclude and know all and none', () => {
  const table: readonly (readonly [string | undefined, boolean])[] = [
    [undefined, true],
    ['', true],
    ['postgresql', true],
    ['mysql, PostgreSQL', true],
    ['mysql', false],
    ['all', true],
    ['none', false],
    ['!mysql', true],
    ['!postgresql', false],
    ['!mysql,h2', false],
  ]
  for (const [list, expected] of table) assert.equal(matchesDbms(list, 'postgresql'), expected, String(list))
})

test('case counts in the dbms of a change, and nowhere else', () => {
  assert.equal(matchesDbms('PostgreSQL', 'postgresql'), true)
  assert.equal(matchesChangeDbms('PostgreSQL', 'postgresql'), false)
  assert.equal(matchesChangeDbms('!PostgreSQL', 'postgresql'), true)
  assert.equal(matchesChangeDbms('h2, postgresql', 'postgresql'), true)
})

test('any text is an expression or a problem, in time that its length bounds', () => {
  const text = fc.array(fc.constantFrom('a', 'b c', 'and', 'or', 'not', '!', '(', ')', ',', '@x', ' '), { maxLength: 30 })
  fc.assert(
    fc.property(text, (parts) => {
      const parsed = parseExpression(parts.join(' '))
      if ('problem' in parsed) assert.ok(parsed.at <= parts.join(' ').length)
    }),
  )
  const deep = parseExpression('('.repeat(100_000))
  assert.ok('problem' in deep)
  const denied = parseExpression('!'.repeat(100_000))
  assert.ok('problem' in denied)
})
