import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listInputs } from './bind-inputs.ts'
import { applyStep, compile, Drive, errorsOf, parseValid, stageYaml } from './test-support.ts'

/** A group g with these variables; `tag` is the tag of its step. */
function groupYaml(variables: string, tag: string, more = ''): string {
  return stageYaml(
    `- stepGroup:
    identifier: g${more}
    variables: ${variables}
    steps:
      - ${applyStep('x', '', `, tag: '${tag}'`)}
- ${applyStep('after', '', ", tag: 'seen-<+execution.steps.g.variables.a>'")}`,
    '- {name: region, value: eu}\n- {name: pw, type: Secret, value: shop_pw}',
  )
}

test('variables of a step group are read inside of it and, by its identifier, after it', () => {
  const variables =
    '[{name: a, value: "<+stepGroup.variables.b>-1"}, {name: b, value: <+pipeline.variables.region>}, {name: n, type: Number, value: "7"}]'
  const drive = new Drive(groupYaml(variables, '<+stepGroup.variables.a>-<+execution.steps.g.variables.n>')).start().accept('g')
  assert.equal(drive.dbOrder.tag, 'eu-1-7')
  drive.finish('x').accept('after')
  assert.equal(drive.dbOrder.tag, 'seen-eu-1')
})

test('a later stage reads them by the whole path', () => {
  const first = groupYaml('[{name: a, value: v}]', 't')
  const path = 'pipeline.stages.s.spec.execution.steps.g.variables.a'
  const second = first.slice(first.indexOf('    - stage:')).replace('identifier: s\n', 'identifier: s2\n')
  const drive = new Drive(first + second.replace("'t'", `'<+${path}>'`)).start()
  drive.accept('g').finish('x').accept('after').finish('after')
  const later = drive.state.stages[1]?.nodes[0]
  assert.equal(later?.kind, 'group')
  drive.send({ type: 'attemptAccepted', groupId: later.groupId, attemptId: 'later' })
  assert.equal(drive.dbOrder.tag, 'v')
})

test('conditions, selectors, targets and where the group runs may use them', () => {
  const text = groupYaml(
    '[{name: a, value: prod}, {name: on, value: "yes"}]',
    't',
    `
    when: {stageStatus: Success, condition: <+stepGroup.variables.on> == "yes"}
    delegateSelectors: ["<+stepGroup.variables.a>"]
    stepGroupInfra: {type: KubernetesDirect, spec: {connectorRef: k8s, namespace: "jobs-<+stepGroup.variables.a>"}}`,
  )
  const placed = new Drive(text.replace('dbInstance: x_db', 'dbInstance: <+stepGroup.variables.a>_db'))
    .start()
    .effect('placeGroup')
  assert.deepEqual(placed.selectors, ['prod'])
  assert.equal(placed.infra?.namespace, 'jobs-prod')
  assert.deepEqual(
    placed.steps.map((step) => (step.type === 'Run' ? '' : step.dbInstance)),
    ['prod_db'],
  )
  const skipped = new Drive(text.replace('value: "yes"', 'value: "no"')).start()
  assert.equal(skipped.group('g').status, 'Skipped')
})

test('a run gives inputs to them by stage, group and name', () => {
  const text = groupYaml('[{name: a, value: <+input>.default(d)}, {name: b, required: true}]', '<+stepGroup.variables.a>')
  assert.deepEqual(
    listInputs(parseValid(text)).map(({ key }) => key),
    ['s.g.a', 's.g.b'],
  )
  assert.match(
    compile(text)
      .diagnostics.map(({ message }) => message)
      .join('\n'),
    /The input "s\.g\.b" is required/,
  )
  assert.equal(new Drive(text, { 's.g.b': 'x', 's.g.a': 'mine' }).start().accept('g').dbOrder.tag, 'mine')
  // Values are data.
  assert.equal(new Drive(text, { 's.g.b': 'x', 's.g.a': '<+pipeline.name>' }).start().accept('g').dbOrder.tag, '<+pipeline.name>')
})

test('secrets among them go to scripts as references and nowhere else', () => {
  const variables = '[{name: token, type: Secret, value: deploy_token}, {name: a, value: x}]'
  const script = `step: {identifier: x, type: Run, spec: {shell: Sh, command: "use", envVariables: {T: <+stepGroup.variables.token>}}}`
  const drive = new Drive(groupYaml(variables, 't').replace(applyStep('x', '', ", tag: 't'"), script)).start().accept('g')
  const { order } = drive.effect('offerStep')
  assert.deepEqual(order.type === 'Run' && order.env, [{ name: 'T', value: [{ kind: 'secret', ref: 'deploy_token' }] }])
  assert.match(
    errorsOf(groupYaml(variables, '<+stepGroup.variables.token>')).join('\n'),
    /PIPELINE_SECRET_NOT_ALLOWED .*"token" is one/,
  )
})

test('what has no value in time is an error before anything runs', () => {
  const a = '[{name: a, value: v}]'
  const cases: [text: string, expected: RegExp][] = [
    [groupYaml(a, '<+stepGroup.variables.aa>'), /step group "g" has no variable "aa"/],
    [groupYaml(a, '<+stepGroup.variables>'), /is not a whole reference/],
    [groupYaml(a, '<+stepGroup.variables.a.b>'), /"stepGroup.variables.a" is a plain value/],
    [groupYaml(a, '<+execution.steps.g.variables.a.b>'), /"execution.steps.g.variables.a" is a plain value/],
    [groupYaml(a, '<+execution.steps.after.variables.a>'), /"after" is a step, and only step groups have variables/],
    [groupYaml(a, '<+execution.steps.h.variables.a>'), /there is no "h" in the stage "s"/],
    [groupYaml(a, '<+execution.steps.g.steps.x.variables.a>'), /"x" has no "variables.a"/],
    [groupYaml('[{name: a, value: <+stepGroup.variables.a>}]', 't'), /PIPELINE_CIRCLE .*"s.g.a" needs itself/],
    [groupYaml('[{name: a, value: <+execution.steps.g.steps.x.output.y>}]', 't'), /has not ended yet/],
    [groupYaml('[{name: a, value: v}, {name: a, value: w}]', 't'), /PIPELINE_DUPLICATE/],
    [stageYaml(`- ${applyStep('x', '', ", tag: '<+stepGroup.variables.a>'")}`), /there is no step group here/],
    [
      stageYaml(`- ${applyStep('x', '', ", tag: '<+execution.steps.g.variables.a>'")}
- stepGroup: {identifier: g, variables: ${a}, steps: [{${applyStep('y')}}]}`),
      /the step group "g" has not been reached yet/,
    ],
    [
      stageYaml(`- parallel:
    - stepGroup: {identifier: g, variables: ${a}, steps: [{${applyStep('x')}}]}
    - stepGroup: {identifier: h, steps: [{${applyStep('y', '', ", tag: '<+execution.steps.g.variables.a>'")}}]}`),
      /the step group "g" is reached at the same time/,
    ],
    [
      groupYaml(a, 't').replace(
        'type: Custom',
        'type: Custom\n        variables: [{name: z, value: <+execution.steps.g.variables.a>}]',
      ),
      /the step group "g" has not been reached yet/,
    ],
  ]
  for (const [text, expected] of cases) {
    const found = errorsOf(text)
    assert.equal(found.length, 1, `${String(expected)}: ${found.join('\n')}`)
    assert.match(found.join('\n'), expected)
  }
})

test('a reference to the variables of a group that was never reached says so', () => {
  const first = groupYaml('[{name: a, value: v}]', 't').replace(
    'type: Custom',
    'type: Custom\n        when: {pipelineStatus: Failure}',
  )
  const path = 'pipeline.stages.s.spec.execution.steps.g.variables.a'
  const second = `    - stage:\n        identifier: s2\n        type: Custom\n        spec: {execution: {steps: [{${applyStep('z', '', `, tag: '<+${path}>'`)}}]}}\n`
  const drive = new Drive(first + second).start().accept('z')
  assert.match(drive.step('z').failure?.message ?? '', /The variables of the step group "g" have no values: it was not reached/)
})

test('a group that is placed again keeps the values that it was first placed with', () => {
  const drive = new Drive(groupYaml('[{name: a, value: v}]', '<+stepGroup.variables.a>')).start()
  const first = drive.group('g').variables
  drive.accept('g').end('g')
  assert.deepEqual([drive.group('g').status, drive.group('g').attemptNumber], ['Queued', 2])
  assert.deepEqual(drive.group('g').variables, first)
  assert.equal(drive.accept('g', 'g-2').dbOrder.tag, 'v')
})
