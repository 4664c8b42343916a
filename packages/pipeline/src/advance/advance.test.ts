import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultTimings } from '@sluice/base'
import { describeExecution } from '../describe-execution.ts'
import { isPermitAllowed } from '../state-queries.ts'
import { applyStep, Drive, stageYaml } from '../test-support.ts'

const one = stageYaml(`- ${applyStep('x')}`)
const ignore = ', failureStrategies: [{onFailure: {errors: [AllErrors], action: {type: Ignore}}}]'

/** A group g of the given steps. */
function group(...steps: string[]): string {
  return stageYaml(
    `- stepGroup:\n    identifier: g\n    steps:\n${steps.map((step) => `      - ${step}`).join('\n')}\n- ${applyStep('next')}`,
  )
}

function rollback(identifier: string, more: string, target: string): string {
  return `step: {identifier: ${identifier}, type: DBSchemaRollback${more}, spec: {dbSchema: shop, dbInstance: db, ${target}}}`
}

test('a step goes from its group being placed to the end of the execution', () => {
  const drive = new Drive(one).start()
  assert.deepEqual(drive.types, ['placeGroup', 'setTimer'])
  assert.deepEqual(drive.effect('placeGroup').steps, [
    { stepRunId: 'step_2', type: 'DBSchemaApply', dbSchema: 'shop', dbInstance: 'x_db', timeoutMs: 600_000 },
  ])
  drive.accept('x')
  assert.deepEqual(drive.types, ['clearTimer', 'offerStep'])
  drive.begin('x').permit('x')
  assert.equal(drive.step('x').permitted, true)
  drive.finish('x', 'Succeeded', { preStartTag: 't' })
  assert.deepEqual(drive.types, ['clearTimer', 'finishGroup', 'executionFinished'])
  assert.equal(drive.state.status, 'Succeeded')
  drive.send({ type: 'attemptCompleted', groupId: drive.group('x').groupId, attemptId: 'x-1' })
  assert.deepEqual(drive.effects, [])
  assert.equal(describeExecution(drive.state).stages[0]?.status, 'Succeeded')
})

test('nodes run in order, parallel ones together', () => {
  const drive = new Drive(stageYaml(`- parallel:\n    - ${applyStep('a')}\n    - ${applyStep('b')}\n- ${applyStep('c')}`)).start()
  assert.equal(drive.types.filter((type) => type === 'placeGroup').length, 2)
  drive.accept('a').accept('b').finish('a')
  assert.equal(drive.group('c').status, 'Pending')
  drive.finish('b')
  assert.equal(drive.group('c').status, 'Queued')
})

test('steps of a group are offered one after another, parallel ones together', () => {
  const drive = new Drive(group(applyStep('a'), `parallel: [{${applyStep('b')}}, {${applyStep('c')}}]`, applyStep('d'))).start()
  drive.accept('g')
  assert.equal(drive.effect('offerStep').order.identifier, 'a')
  drive.finish('a')
  assert.deepEqual(drive.types, ['offerStep', 'offerStep'])
  drive.finish('c').finish('b')
  assert.equal(drive.effect('offerStep').order.identifier, 'd')
})

test('after a failure only what asks for it runs', () => {
  const drive = new Drive(
    group(
      applyStep('a'),
      applyStep('b'),
      rollback('undo', ', when: {stageStatus: Failure}', 'tag: <+execution.steps.g.steps.a.output.preStartTag>'),
    ),
  ).start()
  drive.accept('g').finish('a', 'Failed', { preStartTag: 'before' })
  assert.equal(drive.step('b').status, 'Skipped')
  assert.equal(drive.step('b').reason, 'Step "a" failed.')
  assert.equal(drive.dbOrder.tag, 'before')
  drive.finish('undo')
  assert.equal(drive.group('g').status, 'Failed')
  assert.equal(drive.group('next').status, 'Skipped')
  assert.equal(drive.group('next').reason, 'Step "a" failed.')
  assert.equal(drive.state.status, 'Failed')
})

test('without a failure a rollback is not even placed', () => {
  const drive = new Drive(
    stageYaml(`- ${applyStep('a')}\n- ${rollback('undo', ', when: {stageStatus: Failure}', 'changeSetCount: 1')}`),
  ).start()
  drive.accept('a').finish('a')
  assert.deepEqual(drive.types.includes('placeGroup'), false)
  assert.equal(drive.step('undo').reason, 'Step "undo" runs only after a failure, and nothing failed before it.')
  assert.equal(drive.state.status, 'Succeeded')
})

test('an ignored failure fails nothing around it', () => {
  const drive = new Drive(group(applyStep('a', ignore), applyStep('b'))).start()
  drive.accept('g').finish('a', 'Failed').finish('b')
  assert.equal(drive.step('a').status, 'Failed')
  assert.equal(drive.group('g').status, 'Succeeded')
})

test('conditions decide with inputs and outputs, and one that makes no sense fails its step', () => {
  const text = stageYaml(
    `- ${applyStep('a')}\n- ${applyStep('b', `, when: {condition: '<+execution.steps.a.output.n> > 1'}`)}\n- ${applyStep('c', `, when: {stageStatus: All, condition: '<+execution.steps.a.output.none>'}`)}`,
  )
  const drive = new Drive(text).start().accept('a').finish('a', 'Succeeded', { n: 1 })
  assert.equal(drive.group('b').reason, 'The condition of step "b" is false: <+execution.steps.a.output.n> > 1')
  assert.equal(drive.group('c').failure?.kind, 'expression')
  assert.match(drive.group('c').failure?.message ?? '', /Step "a" has no output "none"; it is Succeeded\./)
  assert.equal(drive.state.status, 'Failed')
})

test('a stage runs by pipelineStatus and its variables are evaluated when it starts', () => {
  const later = `    - stage:
        identifier: t
        type: Custom
        when: {pipelineStatus: Failure, condition: <+stage.variables.v> == "x_db"}
        variables: [{name: v, value: <+pipeline.stages.s.spec.execution.steps.x.output.db>}]
        spec: {execution: {steps: [{${applyStep('y', '', ', tag: <+stage.variables.v>')}}]}}
`
  const failed = new Drive(one + later).start().accept('x').finish('x', 'Failed', { db: 'x_db' })
  assert.equal(failed.group('y').status, 'Queued')
  failed.accept('y')
  assert.equal(failed.dbOrder.tag, 'x_db')
  const fine = new Drive(one + later).start().accept('x').finish('x')
  assert.equal(fine.state.stages[1]?.status, 'Skipped')
  assert.equal(fine.state.status, 'Succeeded')
})

test('what turns out empty is told with the expression that is', () => {
  const group = `{identifier: g, variables: [{name: tag, value: <+input>}], delegateSelectors: [<+stepGroup.variables.tag>], steps: [{${applyStep('a')}}]}`
  const { failure } = new Drive(stageYaml(`- stepGroup: ${group}`), { 's.g.tag': '' }).start().group('g')
  assert.match(failure?.message ?? '', /"delegateSelectors" has no value/)
  assert.equal(failure?.hint, '<+stepGroup.variables.tag> is empty or was never set.')
})

test('a target that cannot be evaluated fails the group before anything is placed', () => {
  const text = stageYaml(
    `- ${applyStep('a')}\n- stepGroup: {identifier: g, steps: [{${applyStep('b')}}, {step: {identifier: c, type: DBSchemaApply, spec: {dbSchema: s, dbInstance: <+execution.steps.a.output.db>}}}]}`,
  )
  const drive = new Drive(text).start().accept('a').finish('a')
  assert.equal(drive.types.includes('placeGroup'), false)
  assert.equal(drive.step('c').failure?.code, 'EXPRESSION_FAILED')
  assert.equal(drive.step('b').status, 'Skipped')
  assert.equal(drive.state.status, 'Failed')
})

test('two connectors in one group are refused', () => {
  const drive = new Drive(group(applyStep('a', '', ', connectorRef: r1'), applyStep('b', '', ', connectorRef: r2'))).start()
  assert.equal(drive.group('g').failure?.code, 'GROUP_CONNECTORS_DIFFER')
})

test('a rollback to a tag that does not exist fails with a message, not with an empty tag', () => {
  for (const outputs of [{ preStartTag: null }, { preStartTag: '' }, {}, { preStartTag: { a: 1 } }]) {
    const drive = new Drive(
      stageYaml(`- ${applyStep('a')}\n- ${rollback('undo', '', 'tag: <+execution.steps.a.output.preStartTag>')}`),
    ).start()
    drive.accept('a').finish('a', 'Succeeded', outputs).accept('undo')
    assert.equal(drive.step('undo').status, 'Failed')
    assert.equal(drive.step('undo').failure?.kind, 'expression')
  }
})

test('a count is a number from 1, whatever it was computed from', () => {
  const text = stageYaml(`- ${applyStep('a')}\n- ${rollback('undo', '', 'changeSetCount: <+execution.steps.a.output.n>')}`)
  const drive = (n: number | string): Drive => new Drive(text).start().accept('a').finish('a', 'Succeeded', { n }).accept('undo')
  assert.equal(drive('2').dbOrder.changeSetCount, 2)
  for (const n of [0, -1, 1.5, '1; drop']) assert.equal(drive(n).step('undo').status, 'Failed', String(n))
})

test('second-order injection: substituted text that looks like a secret stays text', () => {
  const hostile = '<+secrets.getValue("admin_pw")>'
  const fields = (tag: string): string =>
    stageYaml(
      `- ${applyStep('a', '', `, tag: '${tag}'`)}`,
      '- {name: v, value: <+input>}\n- {name: w, value: "x<+pipeline.variables.v>"}',
    )
  const byInput = new Drive(fields('<+pipeline.variables.w>'), { v: hostile }).start().accept('a')
  assert.equal(byInput.dbOrder.tag, `x${hostile}`)
  const byTrigger = new Drive(fields('<+trigger.tag>'), { v: '' }, { trigger: { tag: hostile } }).start().accept('a')
  assert.equal(byTrigger.dbOrder.tag, hostile)
  const byName = new Drive(fields('<+pipeline.triggeredBy.name>'), { v: '' }, { triggeredBy: { name: hostile } })
    .start()
    .accept('a')
  assert.equal(byName.dbOrder.tag, hostile)
  const chain = stageYaml(
    `- ${applyStep('a')}\n- step: {identifier: b, type: DBSchemaApply, spec: {dbSchema: s, dbInstance: <+execution.steps.a.output.db>, tag: <+execution.steps.a.output.gitTag>}}`,
  )
  const byOutput = new Drive(chain)
    .start()
    .accept('a')
    .finish('a', 'Succeeded', { db: hostile, gitTag: `v1${hostile}` })
  const [target] = byOutput.effect('placeGroup').steps
  assert.ok(target !== undefined && target.type !== 'Run')
  assert.equal(target.dbInstance, hostile)
  byOutput.accept('b')
  assert.equal(byOutput.dbOrder.tag, `v1${hostile}`)
  const condition = stageYaml(
    `- ${applyStep('a', `, when: {condition: '<+pipeline.variables.v> == "x"'}`)}`,
    '- {name: v, value: <+input>}',
  )
  assert.equal(new Drive(condition, { v: 'x" || "1" == "1' }).start().group('a').status, 'Skipped')
})

test('an attempt that ends before any step started is placed again, three times in all', () => {
  const drive = new Drive(one).start().accept('x', 'a1').end('x')
  assert.equal(drive.effect('placeGroup').attemptNumber, 2)
  drive.accept('x', 'a1')
  assert.deepEqual(drive.types, ['note'])
  drive.accept('x', 'a2').end('x')
  assert.equal(drive.effect('placeGroup').attemptNumber, 3)
  drive.send({
    type: 'attemptEnded',
    groupId: 'group_1',
    attemptId: 'a3',
    reason: { code: 'PLACEMENT_FAILED', message: 'no disk.' },
  })
  assert.equal(drive.group('x').status, 'Failed')
  assert.equal(drive.group('x').failure?.kind, 'infrastructure')
  assert.match(drive.group('x').failure?.message ?? '', /no disk\. It was placed 3 times\./)
  assert.equal(drive.step('x').status, 'Skipped')
  assert.equal(drive.state.status, 'Failed')
})

test('an attempt that ends after a step started is not placed again', () => {
  const drive = new Drive(group(applyStep('a'), applyStep('b'))).start().accept('g').finish('a').end('g')
  assert.equal(drive.group('g').status, 'Failed')
  assert.equal(drive.group('g').failure?.code, 'LEASE_LOST')
  assert.equal(drive.step('a').status, 'Succeeded')
  assert.equal(drive.step('b').status, 'Skipped')
})

test('a runner that is gone before the permit fails its step, after it leaves it Unknown', () => {
  const before = new Drive(one).start().accept('x').begin('x').end('x')
  assert.equal(before.step('x').failure?.kind, 'infrastructure')
  assert.equal(before.state.status, 'Failed')
  const after = new Drive(one).start().accept('x').permit('x').end('x')
  assert.equal(after.step('x').status, 'Unknown')
  assert.deepEqual(after.types, ['clearTimer', 'blockTarget', 'inspectStep'])
  assert.deepEqual(
    [after.group('x').status, after.state.stages[0]?.status, after.state.status],
    ['Unknown', 'Unknown', 'Unknown'],
  )
  after.end('x').start()
  assert.equal(after.state.status, 'Unknown')
})

test('a late report of the current attempt settles an Unknown step', () => {
  const drive = new Drive(one).start().accept('x').permit('x').end('x').finish('x', 'Succeeded', { preStartTag: 't' })
  assert.deepEqual(drive.types, ['note', 'releaseTarget', 'executionFinished'])
  assert.equal(drive.state.status, 'Succeeded')
  drive.resolve('x', 'failed')
  assert.deepEqual(drive.types, ['note'])
  assert.equal(drive.step('x').status, 'Succeeded')
})

test('an Unknown step that is resolved lets the execution go on', () => {
  const text = stageYaml(`- ${applyStep('x')}\n- ${applyStep('y')}\n- ${applyStep('z', ', when: {stageStatus: Failure}')}`)
  const unknown = (): Drive => new Drive(text).start().accept('x').permit('x').end('x')
  const succeeded = unknown().resolve('x', 'succeeded')
  assert.equal(succeeded.effect('releaseTarget').stepRunId, 'step_2')
  assert.equal(succeeded.group('y').status, 'Queued')
  assert.equal(succeeded.state.status, 'Running')
  assert.deepEqual(succeeded.step('x').resolution?.as, 'succeeded')
  for (const as of ['failed', 'not-started'] as const) {
    const failed = unknown().resolve('x', as)
    assert.equal(failed.step('x').status, as === 'failed' ? 'Failed' : 'NotStarted')
    assert.equal(failed.group('y').status, 'Skipped')
    assert.equal(failed.group('z').status, 'Queued')
  }
})

test('a group whose steps were skipped behind an Unknown one has failed even when that one succeeded', () => {
  const drive = new Drive(group(applyStep('a'), applyStep('b'))).start().accept('g').permit('a').end('g')
  assert.equal(drive.step('b').status, 'Skipped')
  drive.resolve('a', 'succeeded')
  assert.equal(drive.group('g').status, 'Failed')
})

test('a runner that does not know says so, and nothing further is begun', () => {
  const drive = new Drive(group(applyStep('a'), applyStep('b'))).start().accept('g').permit('a').finish('a', 'Unknown')
  assert.deepEqual(drive.types, ['clearTimer', 'blockTarget', 'inspectStep', 'finishGroup'])
  assert.equal(drive.step('b').status, 'Skipped')
  assert.equal(drive.state.status, 'Unknown')
})

test('a report of an attempt that is not the current one changes nothing', () => {
  const drive = new Drive(one).start().accept('x', 'a1').end('x').accept('x', 'a2').begin('x')
  const before = drive.state
  for (const type of ['stepStarted', 'stepPermitted'] as const) drive.send({ type, stepRunId: 'step_2', attemptId: 'a1' })
  drive.send({ type: 'stepFinished', stepRunId: 'step_2', attemptId: 'a1', outcome: 'Failed' })
  drive.send({ type: 'attemptEnded', groupId: 'group_1', attemptId: 'a1', reason: { code: 'X', message: 'x' } })
  assert.equal(drive.state, before)
})

test('the time limit begins with the permit and never decides over a step that holds one', () => {
  const drive = new Drive(one).start().accept('x').begin('x')
  assert.equal(drive.effect('setTimer').afterMs, 600_000 + defaultTimings.targetWaitMs)
  drive.permit('x')
  assert.deepEqual(drive.effect('setTimer'), { type: 'setTimer', key: 'stepTimeout:step_2', afterMs: 600_000 })
  drive.timer('stepTimeout', 'step_2')
  assert.deepEqual(drive.effect('cancelStep').mode, 'interrupt')
  assert.equal(drive.step('x').status, 'Running')
  drive.timer('cancelForce', 'step_2')
  assert.equal(drive.step('x').status, 'Unknown')
  assert.equal(drive.types.includes('cancelAttempt'), false)
  drive.finish('x', 'Cancelled')
  assert.equal(drive.step('x').status, 'Failed')
  assert.equal(drive.step('x').failure?.kind, 'timeout')
})

test('a step that ends when its time is up has timed out, unless it succeeded after all', () => {
  const late = (): Drive => new Drive(one).start().accept('x').permit('x').timer('stepTimeout', 'step_2')
  assert.equal(late().finish('x', 'Cancelled').step('x').failure?.code, 'STEP_TIMEOUT')
  assert.equal(late().finish('x', 'Failed').step('x').failure?.kind, 'timeout')
  assert.equal(late().finish('x', 'Succeeded').step('x').status, 'Succeeded')
})

test('a step without a permit that does not answer has failed for good', () => {
  const drive = new Drive(group(applyStep('a'), applyStep('b'))).start().accept('g').begin('a').timer('stepTimeout', 'step_2')
  assert.equal(isPermitAllowed(drive.state, { stepRunId: 'step_2', attemptId: 'g-1' }), false)
  drive.timer('cancelForce', 'step_2')
  assert.equal(drive.step('a').failure?.kind, 'timeout')
  assert.equal(drive.effect('cancelAttempt').mode, 'force')
  assert.equal(drive.step('b').status, 'Skipped')
  assert.equal(drive.state.status, 'Failed')
})

test('nobody takes the task: the group fails after its time in the queue, and an old timer means nothing', () => {
  const drive = new Drive(one).start().accept('x', 'a1').end('x')
  drive.timer('queueTimeout', 'group_1:1')
  assert.equal(drive.group('x').status, 'Queued')
  drive.timer('queueTimeout', 'group_1:2')
  assert.deepEqual(drive.types, ['clearTimer', 'withdrawTask', 'executionFinished'])
  assert.equal(drive.group('x').failure?.code, 'QUEUE_TIMEOUT')
})

test('a group that the server cannot plan fails with its reason', () => {
  const failure = { kind: 'infrastructure', code: 'DB_INSTANCE_NOT_FOUND', message: 'There is no DB instance "x_db".' } as const
  const drive = new Drive(one).start().send({ type: 'groupRejected', groupId: 'group_1', failure })
  assert.deepEqual(drive.group('x').failure, failure)
  assert.equal(drive.state.status, 'Failed')
})

test('cancelling ends at once what waits, and what is accepted too late is let go', () => {
  const drive = new Drive(stageYaml(`- ${applyStep('x')}\n- ${applyStep('y', ', when: {stageStatus: Failure}')}`))
    .start()
    .cancel()
  assert.deepEqual(drive.types, ['clearTimer', 'withdrawTask', 'executionFinished'])
  assert.equal(drive.state.status, 'Cancelled')
  assert.equal(drive.step('y').status, 'Cancelled')
  const before = drive.state
  drive.accept('x')
  assert.deepEqual(drive.types, ['note', 'finishGroup'])
  assert.equal(drive.state, before)
})

test('an execution cancelled before it started is Cancelled', () => {
  const drive = new Drive(one).cancel()
  assert.deepEqual(drive.types, ['executionFinished'])
  assert.equal(drive.state.status, 'Cancelled')
  drive.start()
  assert.deepEqual(drive.types, ['note'])
})

test('cancelling a step without a permit interrupts it, with one waits for it', () => {
  const without = new Drive(one).start().accept('x').begin('x').cancel()
  assert.equal(without.effect('cancelAttempt').mode, 'interrupt')
  assert.equal(isPermitAllowed(without.state, { stepRunId: 'step_2', attemptId: 'x-1' }), false)
  without.finish('x', 'Cancelled')
  assert.equal(without.state.status, 'Cancelled')
  const withPermit = new Drive(one).start().accept('x').permit('x').cancel()
  assert.equal(withPermit.effect('cancelAttempt').mode, 'graceful')
  withPermit.timer('cancelInterrupt', 'group_1')
  assert.equal(withPermit.effect('cancelAttempt').mode, 'interrupt')
  withPermit.timer('cancelForce', 'group_1')
  assert.equal(withPermit.step('x').status, 'Unknown')
  assert.equal(withPermit.types.includes('cancelAttempt'), false)
  withPermit.resolve('x', 'not-started')
  assert.equal(withPermit.state.status, 'Failed')
})

test('a permit that crossed the cancel counts', () => {
  const drive = new Drive(one).start().accept('x').begin('x').cancel().permit('x').timer('cancelForce', 'group_1')
  assert.equal(drive.step('x').status, 'Unknown')
})

test('a step that ends well in spite of the cancel has ended well', () => {
  const drive = new Drive(group(applyStep('a'))).start().accept('g').permit('a').cancel().finish('a')
  assert.equal(drive.step('a').status, 'Succeeded')
  assert.equal(drive.group('next').status, 'Cancelled')
  assert.equal(drive.state.status, 'Cancelled')
  const only = new Drive(one).start().accept('x').permit('x').cancel().finish('x')
  assert.equal(only.state.status, 'Succeeded')
})

test('an attempt that dies while it is being cancelled is not placed again', () => {
  const drive = new Drive(one).start().accept('x').cancel().end('x')
  assert.equal(drive.step('x').status, 'Cancelled')
  assert.equal(drive.state.status, 'Cancelled')
})

test('outputs and messages that jsonb refuses are made storable, and too many are dropped', () => {
  const drive = new Drive(group(applyStep('a'), applyStep('b'))).start().accept('g')
  drive.finish('a', 'Succeeded', { tag: 'a\0b\ud800', __proto__x: 1 })
  assert.equal(drive.step('a').outputs?.['tag'], 'a\uFFFDb\uFFFD')
  drive.finish('b', 'Succeeded', { big: 'x'.repeat(70_000) })
  assert.equal(drive.step('b').outputs, undefined)
  assert.equal(drive.effects[0]?.type, 'note')
  let deep: unknown = 1
  for (let level = 0; level < 20_000; level++) deep = [deep]
  const other = new Drive(one)
    .start()
    .accept('x')
    .finish('x', 'Succeeded', { deep } as never)
  assert.equal(other.step('x').outputs, undefined)
})

test('permits are allowed to open steps of the current attempt only', () => {
  const drive = new Drive(group(applyStep('a'), applyStep('b'))).start().accept('g')
  const allowed = (stepRunId: string, attemptId: string): boolean => isPermitAllowed(drive.state, { stepRunId, attemptId })
  assert.equal(allowed('step_2', 'g-1'), true)
  assert.equal(allowed('step_3', 'g-1'), false)
  assert.equal(allowed('step_2', 'other'), false)
  assert.equal(allowed('nothing', 'g-1'), false)
  drive.finish('a')
  assert.equal(allowed('step_2', 'g-1'), false)
  assert.equal(allowed('step_3', 'g-1'), true)
})

test('advance leaves the state that it was given as it was', () => {
  const drive = new Drive(one)
  const before = JSON.stringify(drive.state)
  const { state } = drive
  drive.start()
  assert.equal(JSON.stringify(state), before)
})

test('a step whose runner was taken away has failed, unless somebody asked for its end', () => {
  const failure = { kind: 'infrastructure' as const, code: 'RUNNER_STOPPED', message: 'The node was drained.' }
  const finish = (drive: Drive): Drive => {
    const { attemptId = '' } = drive.group('x')
    return drive.send({ type: 'stepFinished', stepRunId: drive.step('x').stepRunId, attemptId, outcome: 'Cancelled', failure })
  }
  const taken = finish(new Drive(one).start().accept('x').begin('x'))
  assert.equal(taken.step('x').status, 'Failed')
  assert.equal(taken.step('x').failure?.message, 'The node was drained.')
  assert.equal(taken.state.status, 'Failed')
  assert.equal(finish(new Drive(one).start().accept('x').begin('x').cancel()).step('x').status, 'Cancelled')
})
