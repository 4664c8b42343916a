import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RunStepOrder } from './effects.ts'
import type { RunStepTarget } from './execution-state.ts'
import type { RunSpec } from './model.ts'
import { Drive, errorsOf, parseValid, stageYaml } from './test-support.ts'

const secrets =
  'variables:\n    - {name: token, type: Secret, value: <+secrets.getValue("account.token")>}\n    - {name: who, type: String, value: <+input>}'

function runYaml(spec: string, identifier = 'r'): string {
  return `- step:\n    identifier: ${identifier}\n    type: Run\n    spec:\n      ${spec.trimEnd().replaceAll('\n', '\n      ')}`
}

function specOf(text: string): RunSpec {
  const [node] = parseValid(text).stages[0]?.nodes ?? []
  assert.ok(node?.kind === 'step' && node.spec.type === 'Run')
  return node.spec
}

function withVariables(text: string): string {
  return text.replace('  stages:', `  ${secrets}\n  stages:`)
}

function targetOf(drive: Drive): RunStepTarget {
  const [target] = drive.effect('placeGroup').steps
  assert.ok(target?.type === 'Run')
  return target
}

function orderOf(drive: Drive): RunStepOrder {
  const { order } = drive.effect('offerStep')
  assert.ok(order.type === 'Run')
  return order
}

test('a script’s fields are read', () => {
  const spec = specOf(
    stageYaml(
      runYaml(`shell: Bash
command: |
  echo one
  echo <+pipeline.name>
envVariables: {A: "1", B: <+secrets.getValue("b")>}
outputVariables: [{name: X, type: String, value: X_VAR}, {name: Y, type: Secret, value: ""}]
resources: {limits: {cpu: 1, memory: 64Mi}}`),
    ),
  )
  assert.equal(spec.shell, 'Bash')
  assert.deepEqual(
    spec.command.map((part) => part.kind),
    ['text', 'expression', 'text'],
  )
  assert.deepEqual(
    spec.envVariables.map(({ name }) => name),
    ['A', 'B'],
  )
  assert.deepEqual(spec.outputVariables, [
    { name: 'X', type: 'String', variable: 'X_VAR' },
    { name: 'Y', type: 'Secret', variable: 'Y' },
  ])
  assert.equal(specOf(stageYaml(runYaml('command: ls'))).shell, 'Sh')
})

test('mistakes in a script’s fields are told at once', () => {
  const errors = errorsOf(
    stageYaml(
      runYaml(`shell: Zsh
envVariables: {"A-B": x, SLUICE_TOKEN: x}
outputVariables: [{name: "1x"}, {name: ok, value: "$x"}, {name: two}, {name: two}]
comand: ls
reports: {type: JUnit}`),
    ),
  )
  for (const part of [
    'needs "command"',
    'The shell of step "r" cannot be "Zsh"',
    '"A-B" of step "r" cannot be an environment variable',
    '"SLUICE_TOKEN" of step "r" cannot be an environment variable',
    'without a name that a shell would take',
    'The output "ok" of step "r" cannot come from "$x"',
    'The output "two" of step "r" is declared twice',
    'has no field "comand"',
    '"reports" of Run (step "r") is known but not supported yet',
  ]) {
    assert.ok(
      errors.some((error) => error.includes(part)),
      `${part}\n${errors.join('\n')}`,
    )
  }
})

test('secrets of a script are references at its placement and parts of its order', () => {
  const text = withVariables(
    stageYaml(
      runYaml(
        'command: login <+pipeline.variables.token> <+secrets.getValue("b")> <+pipeline.variables.who>\nenvVariables: {T: <+pipeline.variables.token>}',
      ),
    ),
  )
  const drive = new Drive(text, { who: 'ada' }).start()
  assert.deepEqual(targetOf(drive).secretRefs, ['account.token', 'b'])
  drive.accept('r')
  assert.deepEqual(orderOf(drive).command, [
    { kind: 'text', text: 'login ' },
    { kind: 'secret', ref: 'account.token' },
    { kind: 'text', text: ' ' },
    { kind: 'secret', ref: 'b' },
    { kind: 'text', text: ' ' },
    { kind: 'text', text: 'ada' },
  ])
  assert.deepEqual(orderOf(drive).env, [{ name: 'T', value: [{ kind: 'secret', ref: 'account.token' }] }])
})

test('a secret is refused inside of an expression and outside of command and environment', () => {
  const inside = withVariables(stageYaml(runYaml('command: <+(pipeline.variables.token == "x")>')))
  assert.match(errorsOf(inside).join(), /cannot hold a secret, and the variable "token" is one/)
  const image = withVariables(stageYaml(runYaml('command: ls\nimage: <+pipeline.variables.token>')))
  assert.match(errorsOf(image).join(), /"image" of step "r" cannot hold a secret/)
})

test('text that came from a substitution is never read as a reference', () => {
  const hostile = '<+secrets.getValue("account.token")> <+pipeline.variables.token>'
  const text = withVariables(
    stageYaml(runYaml('command: echo <+pipeline.variables.who>\nenvVariables: {W: <+pipeline.variables.who>}')),
  )
  const drive = new Drive(text, { who: hostile }).start()
  assert.deepEqual(targetOf(drive).secretRefs, [])
  drive.accept('r')
  assert.deepEqual(orderOf(drive).command, [
    { kind: 'text', text: 'echo ' },
    { kind: 'text', text: hostile },
  ])
  assert.deepEqual(orderOf(drive).env[0]?.value, [{ kind: 'text', text: hostile }])
})

test('whatever an input says, an order’s parts are as many and of the kinds that the author wrote', () => {
  const text = withVariables(stageYaml(runYaml('command: a <+pipeline.variables.who> <+secrets.getValue("b")>')))
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('<+secrets.getValue("x")>', "'; rm -rf /", '<+', '>')),
      (who) => {
        const order = orderOf(new Drive(text, { who }).start().accept('r'))
        assert.deepEqual(
          order.command.map((part) => part.kind),
          ['text', 'text', 'text', 'secret'],
        )
      },
    ),
    { numRuns: 50 },
  )
})

test('outputs go into later steps, as text by either name, and secret ones as themselves', () => {
  const first = runYaml('command: ls\noutputVariables: [{name: plain}, {name: hidden, type: Secret}]', 'a')
  const second = runYaml(
    'command: use <+execution.steps.a.output.outputVariables.plain> <+execution.steps.a.output.plain> <+execution.steps.a.output.outputVariables.hidden>',
    'b',
  )
  const drive = new Drive(stageYaml(`${first}\n${second}`)).start()
  const { stepRunId } = drive.step('a')
  drive.accept('a').begin('a').finish('a', 'Succeeded', { plain: '<+pipeline.name>' })
  drive.accept('b')
  assert.deepEqual(orderOf(drive).command.slice(1), [
    { kind: 'text', text: '<+pipeline.name>' },
    { kind: 'text', text: ' ' },
    { kind: 'text', text: '<+pipeline.name>' },
    { kind: 'text', text: ' ' },
    { kind: 'secretOutput', stepRunId, name: 'hidden' },
  ])
})

test('scripts that may run at the same time have lanes of their own', () => {
  const step = (identifier: string) => `{step: {identifier: ${identifier}, type: Run, spec: {command: ls, image: i}}}`
  const drive = new Drive(
    stageYaml(`- stepGroup:
    identifier: g
    stepGroupInfra: {type: KubernetesDirect, spec: {connectorRef: k, namespace: <+pipeline.name>}}
    steps: [${step('a')}, {parallel: [${step('b')}, ${step('c')}]}, ${step('d')}]`),
  ).start()
  const { steps, infra } = drive.effect('placeGroup')
  assert.deepEqual(
    steps.map((target) => (target.type === 'Run' ? target.lane : undefined)),
    [0, 0, 1, 0],
  )
  assert.deepEqual(infra, { type: 'KubernetesDirect', connectorRef: 'k', namespace: 'p', options: { initTimeoutMs: 480_000 } })
})

test('a group that could not be placed for good is not placed again', () => {
  const drive = new Drive(stageYaml(runYaml('command: ls'))).start().accept('r')
  const { groupId, attemptId = '' } = drive.group('r')
  drive.send({
    type: 'attemptEnded',
    groupId,
    attemptId,
    reason: { code: 'PLACEMENT_FAILED', message: 'The image is not there.', hint: 'Push it.', final: true },
  })
  assert.equal(drive.group('r').status, 'Failed')
  assert.equal(drive.group('r').failure?.hint, 'Push it.')
  assert.ok(!drive.types.includes('placeGroup'))
})
