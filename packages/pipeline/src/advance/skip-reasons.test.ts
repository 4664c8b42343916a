import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeExecution } from '../describe-execution.ts'
import { applyStep, Drive, stageYaml } from '../test-support.ts'

const later = (when: string): string => `    - stage:
        identifier: t
        type: Custom
        when: {${when}}
        spec: {execution: {steps: [{${applyStep('y')}}]}}
`
const whole = stageYaml(`- ${applyStep('x')}`)

function groupYaml(when: string, ...steps: string[]): string {
  return stageYaml(`- stepGroup: {identifier: g, when: {${when}}, steps: [${steps.map((step) => `{${step}}`).join(', ')}]}`)
}

/** The reasons of the last stage, of its first group and of that group's first step, as the API shows them. */
function reasonsOf(drive: Drive): (string | undefined)[] {
  const stage = describeExecution(drive.state).stages.at(-1)
  const group = stage?.nodes[0]
  const step = group?.kind === 'group' ? group.nodes[0] : undefined
  assert.ok(stage !== undefined && group?.kind === 'group' && step?.kind === 'step')
  return [stage.reason, group.reason, step.reason]
}

test('a stage whose condition is false says so with its text, and so does everything in it', () => {
  const drive = new Drive(whole + later('condition: <+pipeline.name> == "other"')).start().accept('x').finish('x')
  const reason = 'The condition of stage "t" is false: <+pipeline.name> == "other"'
  assert.deepEqual(reasonsOf(drive), [reason, reason, reason])
})

test('a stage after a failed one names that stage, and one for failures says that there was none', () => {
  const failed = new Drive(whole + later('pipelineStatus: Success')).start().accept('x').finish('x', 'Failed')
  assert.deepEqual(reasonsOf(failed), ['Stage "s" failed.', 'Stage "s" failed.', 'Stage "s" failed.'])
  const fine = new Drive(whole + later('pipelineStatus: Failure')).start().accept('x').finish('x')
  const reason = 'Stage "t" runs only after a failure, and nothing failed before it.'
  assert.deepEqual(reasonsOf(fine), [reason, reason, reason])
})

test("a group's condition is told as the group's on its steps too", () => {
  const drive = new Drive(groupYaml('condition: 1 == 2', applyStep('a'))).start()
  const reason = 'The condition of step group "g" is false: 1 == 2'
  assert.deepEqual(reasonsOf(drive), ['None of its steps was to run.', reason, reason])
})

test('a group none of whose steps was to run says so, and each of them why', () => {
  const drive = new Drive(groupYaml('stageStatus: All', applyStep('a', ', when: {condition: "1 == 2"}'))).start()
  const none = 'None of its steps was to run.'
  assert.deepEqual(reasonsOf(drive), [none, none, 'The condition of step "a" is false: 1 == 2'])
})

test('a condition of many lines is told on one, and a long one is cut', () => {
  const lines = new Drive(groupYaml('stageStatus: All', applyStep('a', ', when: {condition: "1 ==\\n   2"}'))).start()
  assert.equal(lines.step('a').reason, 'The condition of step "a" is false: 1 == 2')
  const long = `"${'a'.repeat(400)}" == "b"`
  const drive = new Drive(groupYaml('stageStatus: All', applyStep('a', `, when: {condition: '${long}'}`))).start()
  assert.equal(drive.step('a').reason, `The condition of step "a" is false: ${long.slice(0, 199)}…`)
})

test('a step that was cancelled or resolved as never begun is told as that, not as failed', () => {
  const steps = `- ${applyStep('a')}\n- ${applyStep('b')}`
  const cancelled = new Drive(stageYaml(steps)).start().accept('a').finish('a', 'Cancelled')
  assert.equal(cancelled.step('b').reason, 'Step "a" was cancelled.')
  const notStarted = new Drive(stageYaml(steps)).start().accept('a').permit('a').end('a').resolve('a', 'not-started')
  assert.equal(notStarted.step('b').reason, 'Step "a" was resolved as not started.')
})

test('what an execution that was cancelled did not begin says so', () => {
  const drive = new Drive(whole + later('pipelineStatus: Success')).start().accept('x').cancel()
  const reason = 'The execution was cancelled.'
  assert.deepEqual(reasonsOf(drive), [reason, reason, reason])
})
