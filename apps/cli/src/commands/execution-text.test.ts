import assert from 'node:assert/strict'
import { test } from 'node:test'
import { executionView, type ExecutionView } from '@sluice/contract'
import { describeExecutionText } from './execution-text.ts'

type Group = Extract<ExecutionView['stages'][number]['nodes'][number], { kind: 'stepGroup' }>
type Step = Extract<Group['nodes'][number], { kind: 'step' }>

function execution(step: Partial<Step>, group: Partial<Group> = {}): ExecutionView {
  return executionView.parse({
    id: 'exe_1',
    sequence: 1,
    orgIdentifier: 'default',
    projectIdentifier: 'default',
    pipelineIdentifier: 'deploy',
    pipelineName: 'Deploy',
    state: 'Failed',
    cancelRequested: false,
    triggeredBy: 'ada',
    startedAt: '2026-01-02T03:04:05.000Z',
    endedAt: '2026-01-02T03:04:06.000Z',
    dbInstances: [],
    stepCounts: {},
    version: 1,
    inputs: {},
    notes: [],
    stages: [
      {
        identifier: 'prod',
        name: 'prod',
        state: 'Skipped',
        nodes: [
          {
            kind: 'stepGroup',
            groupId: 'grp_1',
            identifier: 'g',
            name: 'g',
            implicit: false,
            state: 'Skipped',
            ...group,
            nodes: [
              {
                kind: 'step',
                stepRunId: 'stp_1',
                identifier: 'apply',
                name: 'apply',
                path: 'prod/g/apply',
                type: 'DBSchemaApply',
                state: 'Skipped',
                ...step,
              },
            ],
          },
        ],
      },
    ],
  })
}

const linesOf = (view: ExecutionView): string[] => describeExecutionText(view, 0).split('\n').slice(3)

test('a skipped step says why below its line', () => {
  assert.deepEqual(linesOf(execution({ reason: 'The condition of step "apply" is false: 1 == 2' })), [
    'Skipped    prod/g/apply',
    '             The condition of step "apply" is false: 1 == 2',
  ])
})

test('a cancelled step says so, and a failure of its group is told once', () => {
  assert.deepEqual(linesOf(execution({ state: 'Cancelled', reason: 'The execution was cancelled.' })), [
    'Cancelled  prod/g/apply',
    '             The execution was cancelled.',
  ])
  const failure = { kind: 'infrastructure', code: 'QUEUE_TIMEOUT', message: 'No delegate took "g".' }
  assert.deepEqual(linesOf(execution({ reason: failure.message }, { failure })), [
    'Skipped    prod/g/apply',
    '             No delegate took "g". [QUEUE_TIMEOUT]',
  ])
})
