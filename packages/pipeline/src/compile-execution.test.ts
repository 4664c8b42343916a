import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultTimings } from '@sluice/base'
import { compileExecution } from './compile-execution.ts'
import { listInputs } from './bind-inputs.ts'
import { applyStep, compile, Drive, parseValid, stageYaml, testFacts } from './test-support.ts'

const variables = `- {name: region, value: "<+input>.default(eu).allowedValues(eu, us)"}
- {name: count, type: Number, value: <+input>}
- {name: who, required: true, value: <+input>}
- {name: fixed, value: always}
- {name: pw, type: Secret, value: <+input>}
- {name: open}`

const text = stageYaml(`- ${applyStep('x', '', ', tag: <+pipeline.variables.open>')}`, variables).replace(
  'type: Custom',
  'type: Custom\n        variables: [{name: own, value: <+input>}]',
)

function problems(inputs: Parameters<typeof compile>[1]): string[] {
  return compile(text, inputs).diagnostics.map(({ code, message, hint }) => `${code} ${message} ${hint ?? ''}`)
}

test('inputs become the values of their variables', () => {
  const { state } = compile(text, { region: 'us', count: '3', who: 'ada', pw: 'org.shop_pw', 's.own': 'mine' })
  assert.deepEqual(
    state?.variables.map(({ name, value }) => [
      name,
      value.kind === 'value' ? value.value : value.kind === 'secret' ? value.ref : '-',
    ]),
    [
      ['region', 'us'],
      ['count', 3],
      ['who', 'ada'],
      ['fixed', 'always'],
      ['pw', 'org.shop_pw'],
      ['open', ''],
    ],
  )
  assert.deepEqual(state?.stages[0]?.inputs, [{ name: 'own', type: 'String', value: { kind: 'value', value: 'mine' } }])
})

test('missing, unknown, fixed and ill-typed inputs are diagnostics, all at once', () => {
  const found = problems({ regoin: 'eu', region: 'mars', count: 'many', fixed: 'x', pw: 'p4ss word', own: 'x', open: 'a\0b' })
  const expected = [
    /INPUT_MISSING The input "who" is required.*--input who=/,
    /INPUT_UNKNOWN The pipeline has no input "regoin".*Did you mean "region"/,
    /INPUT_INVALID The input "region" is not one of the allowed values.*eu, us/,
    /INPUT_INVALID The input "count" has to be a number/,
    /INPUT_FIXED The variable "fixed" has a fixed value/,
    /INPUT_INVALID The input "pw" has to be the name of a secret, not its value/,
    /INPUT_UNKNOWN The pipeline has no input "own"/,
    /INPUT_INVALID The input "open" contains a NUL/,
  ]
  assert.equal(found.length, expected.length, found.join('\n'))
  for (const pattern of expected)
    assert.ok(
      found.some((line) => pattern.test(line)),
      `${pattern} in\n${found.join('\n')}`,
    )
  assert.match(problems({ who: ['a'] }).join(), /has to be a text or a number/)
  assert.match(problems({ who: 'a\ud800' }).join(), /not valid Unicode/)
})

test('a secret never has its value repeated in a diagnostic', () => {
  assert.ok(!problems({ who: 'a', pw: 'p4ss word' }).join().includes('p4ss'))
})

test('the inputs of a pipeline are listed in order', () => {
  assert.deepEqual(
    listInputs(parseValid(text)).map(({ key }) => key),
    ['region', 'count', 'who', 'pw', 'open', 's.own'],
  )
})

test('the state is what jsonb gives back', () => {
  const { state } = compile(text, { who: 'ada' })
  assert.deepEqual(JSON.parse(JSON.stringify(state)), state)
  assert.equal(state?.version, 1)
  assert.equal(state?.status, 'Pending')
})

test('ids are random unless a test makes them', () => {
  const request = {
    pipeline: parseValid(stageYaml(`- ${applyStep('x')}`)),
    inputs: {},
    facts: testFacts,
    timings: defaultTimings,
  }
  const [left, right] = [compileExecution(request), compileExecution(request)]
  assert.match(JSON.stringify(left.state), /"groupId":"group_[0-9a-z]{26}"/)
  assert.notDeepEqual(left.state, right.state)
})

test('trigger facts that are too large are refused', () => {
  const { state, diagnostics } = compile(stageYaml(`- ${applyStep('x')}`), {}, { trigger: { payload: 'x'.repeat(100_000) } })
  assert.equal(state, undefined)
  assert.equal(diagnostics[0]?.code, 'PIPELINE_TRIGGER_TOO_LARGE')
})

test('selectors come from the innermost level that has any, and a group needs those of all its steps', () => {
  const pipeline = stageYaml(
    `- ${applyStep('plain')}
- stepGroup:
    identifier: g
    delegateSelectors: [group, "<+pipeline.variables.region>"]
    steps:
      - ${applyStep('a')}
      - ${applyStep('b', ', delegateSelectors: [special]')}`,
    '- {name: region, value: eu}',
  ).replace('identifier: p', 'identifier: p\n  delegateSelectors: [outer]')
  const drive = new Drive(pipeline).start()
  assert.deepEqual(drive.effect('placeGroup').selectors, ['outer'])
  drive.accept('plain').finish('plain')
  assert.deepEqual(drive.effect('placeGroup').selectors, ['group', 'eu', 'special'])
})

test('variables in a long chain have their values, and growth is bounded', () => {
  const chain = Array.from({ length: 300 }, (_, index) =>
    index === 299 ? '- {name: v299, value: end}' : `- {name: v${index}, value: <+pipeline.variables.v${index + 1}>}`,
  ).join('\n')
  const { state } = compile(stageYaml(`- ${applyStep('x')}`, chain))
  assert.deepEqual(state?.variables[0]?.value, { kind: 'value', value: 'end' })
  const doubling = Array.from({ length: 60 }, (_, index) =>
    index === 0
      ? '- {name: v0, value: xxxx}'
      : `- {name: v${index}, value: "<+pipeline.variables.v${index - 1}><+pipeline.variables.v${index - 1}>"}`,
  ).join('\n')
  const grown = compile(stageYaml(`- ${applyStep('x')}`, doubling)).state
  assert.equal(grown?.variables[59]?.value.kind, 'unset')
  assert.ok(JSON.stringify(grown).length < 2_000_000)
})
