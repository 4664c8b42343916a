import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePipeline } from './parse-pipeline.ts'
import { applyStep, errorsOf, stageYaml } from './test-support.ts'

/** Two stages; `tag` is the tag of the second step of the group g in the second one. */
function withTag(tag: string, field = 'tag'): string {
  return `pipeline:
  identifier: p
  variables: [{name: region, value: eu}]
  stages:
    - stage:
        identifier: one
        type: Custom
        variables: [{name: v, value: "1"}]
        spec: {execution: {steps: [{stepGroup: {identifier: og, steps: [{${applyStep('os')}}]}}]}}
    - stage:
        identifier: two
        type: Custom
        variables: [{name: w, value: "1"}]
        spec:
          execution:
            steps:
              - ${applyStep('direct')}
              - stepGroup:
                  identifier: g
                  steps:
                    - ${applyStep('first')}
                    - step: {identifier: second, type: DBSchemaApply, spec: {dbSchema: s, ${field === 'tag' ? 'dbInstance: i, ' : ''}${field}: '${tag}'}}
                    - parallel: [{${applyStep('p1')}}, {${applyStep('p2')}}]
              - ${applyStep('after')}
    - stage:
        identifier: three
        type: Custom
        variables: [{name: x, value: "1"}]
        spec: {execution: {steps: [{${applyStep('last')}}]}}
`
}

test('references to what is there and known by then are fine', () => {
  const good = [
    'pipeline.identifier',
    'pipeline.name',
    'pipeline.executionId',
    'pipeline.sequenceId',
    'pipeline.startTs',
    'pipeline.triggeredBy.name',
    'pipeline.status',
    'org.identifier',
    'project.identifier',
    'stage.identifier',
    'stage.name',
    'stage.status',
    'stepGroup.identifier',
    'step.identifier',
    'step.name',
    'pipeline.variables.region',
    'stage.variables.w',
    'pipeline.stages.two.variables.w',
    'pipeline.stages.one.variables.v',
    'pipeline.stages.one.status',
    'pipeline.stages.three.name',
    'pipeline.stages.one.spec.execution.steps.og.steps.os.output.preStartTag',
    'pipeline.stages.one.spec.execution.steps.og.status',
    'execution.steps.direct.output.preStartTag',
    'execution.steps.direct.status',
    'execution.steps.g.steps.first.output.changeSets',
    'execution.steps.g.steps.first.currentStatus',
    'stage.spec.execution.steps.g.steps.first.output.x',
    'trigger.targetBranch',
    'trigger.payload.a["b"]',
  ]
  for (const path of good) assert.deepEqual(errorsOf(withTag(`<+${path}>`)), [], path)
})

test('references that can have no value are errors, with the nearest name', () => {
  const bad: [string, string][] = [
    ['pipeline.variables.regoin', 'has no variable "regoin".|Did you mean "region"?'],
    ['pipeline.identifer', 'has no "identifer"|Did you mean "identifier"?'],
    ['pipelin.name', 'nothing called "pipelin"|Did you mean "pipeline"?'],
    ['stage.variables.region', 'has no variable "region"'],
    ['pipeline.stages.tow.status', 'no "tow" in the pipeline|Did you mean "two"?'],
    ['execution.steps.g.steps.frist.output.x', 'no "frist" in the step group "g"|Did you mean "first"?'],
    ['execution.steps.direct.steps.x.output.y', '"direct" is a step, not a step group'],
    ['execution.steps.g.output.y', '"g" is a step group; only steps have outputs'],
    ['execution.steps.g.steps.second.output.y', 'is the step itself'],
    ['execution.steps.g.steps.p1.output.y', 'has not ended yet'],
    ['execution.steps.g.status', 'has not ended yet'],
    ['execution.steps.after.output.y', 'has not ended yet'],
    ['pipeline.stages.three.status', '"three" runs later'],
    ['pipeline.stages.three.variables.x', '"three" runs later'],
    ['pipeline.stages.three.spec.execution.steps.last.output.y', '"three" runs later'],
    ['execution.steps', 'not a whole reference'],
    ['trigger', 'not a whole reference'],
    ['pipeline.variables.region.x', 'is a plain value'],
    ['execution.steps.a.steps.b.steps.c.output.d', 'a step inside a step'],
    ['step.type', 'has no "type"'],
  ]
  for (const [path, expected] of bad) {
    const { diagnostics } = parsePipeline(withTag(`<+${path}>`))
    const found = diagnostics.map(({ message, hint }) => `${message}|${hint}`).join('\n')
    assert.equal(diagnostics.length, 1, `${path}\n${found}`)
    for (const part of expected.split('|')) assert.ok(found.includes(part), `${found} should have ${part}`)
  }
})

test('parallel steps cannot read each other', () => {
  const text = stageYaml(
    `- parallel:\n    - ${applyStep('a')}\n    - ${applyStep('b', '', ', tag: <+execution.steps.a.output.x>')}`,
  )
  assert.match(errorsOf(text).join(), /"a" runs at the same time/)
})

test('a target cannot depend on a step of its own group, for the group is placed as a whole', () => {
  const path = '<+execution.steps.g.steps.first.output.x>'
  assert.match(errorsOf(withTag(path, 'dbInstance')).join(), /is in the same step group, so it has not run yet/)
  assert.deepEqual(errorsOf(withTag('<+execution.steps.direct.output.x>', 'dbInstance')), [])
  assert.deepEqual(errorsOf(withTag(path)), [])
})

test('variables may use each other in any order but not in a circle', () => {
  const use = `- ${applyStep('x', '', ', tag: <+pipeline.variables.a>')}`
  assert.deepEqual(errorsOf(stageYaml(use, '- {name: a, value: <+pipeline.variables.b>}\n- {name: b, value: c}')), [])
  const circle = '- {name: a, value: x<+pipeline.variables.b>}\n- {name: b, value: y<+pipeline.variables.a>}'
  const errors = errorsOf(stageYaml(use, circle))
  assert.equal(errors.length, 1, errors.join('\n'))
  assert.match(errors[0] ?? '', /PIPELINE_CIRCLE The value of variable "a" needs itself/)
  assert.match(errorsOf(stageYaml(use, '- {name: a, value: <+pipeline.variables.a>}')).join(), /PIPELINE_CIRCLE/)
})

test('pipeline variables know no stages, stage variables no steps of their stage', () => {
  const use = `- ${applyStep('x')}`
  assert.match(errorsOf(stageYaml(use, '- {name: a, value: <+stage.name>}')).join(), /there is no stage here/)
  assert.match(
    errorsOf(stageYaml(use, '- {name: a, value: <+pipeline.stages.s.status>}')).join(),
    /not known before the pipeline runs/,
  )
  const stage = stageYaml(use).replace(
    'type: Custom',
    'type: Custom\n        variables: [{name: v, value: <+execution.steps.x.output.y>}]',
  )
  assert.match(errorsOf(stage).join(), /has not run yet/)
})

test('conditions are checked like every other text', () => {
  const condition = (expression: string): string =>
    stageYaml(`- ${applyStep('x')}\n- ${applyStep('y', `, when: {condition: '${expression}'}`)}`)
  assert.deepEqual(errorsOf(condition('<+execution.steps.x.status> == "Failed" && pipeline.name != "q"')), [])
  assert.match(errorsOf(condition('<+execution.steps.z.status> == "Failed"')).join(), /no "z" in the stage "s"/)
  assert.match(errorsOf(condition('<+a')).join(), /EXPRESSION_SYNTAX/)
})

test('nothing is called missing when something had to be left out', () => {
  const text = stageYaml(
    `- step: {identifier: broken, type: DBSchemaAply}\n- ${applyStep('y', '', ', tag: <+execution.steps.broken.output.x>')}`,
  )
  const errors = errorsOf(text)
  assert.equal(errors.length, 1, errors.join('\n'))
  assert.match(errors[0] ?? '', /PIPELINE_UNKNOWN_VALUE/)
})
