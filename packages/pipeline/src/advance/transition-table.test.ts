import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExecutionEvent } from '../events.ts'
import { applyStep, Drive, stageYaml } from '../test-support.ts'
import { advance } from './advance.ts'

// The tables in the comment above `advance`, cell by cell. In each case the step is "a" (step_2) in group "g" (group_1), with "b" behind it.

const text = stageYaml(`- stepGroup:\n    identifier: g\n    steps:\n      - ${applyStep('a')}\n      - ${applyStep('b')}`)
const begun = (): Drive => new Drive(text).start().accept('g')
const attempt = { stepRunId: 'step_2', attemptId: 'g-1' }
const group = { groupId: 'group_1', attemptId: 'g-1' }
const failure = { kind: 'infrastructure', code: 'X', message: 'x.' } as const

type EventName = keyof typeof events
const events = {
  started: { type: 'started', at: 9_000 },
  accepted: { type: 'attemptAccepted', ...group, attemptId: 'g-2', at: 9_000 },
  begun: { type: 'stepStarted', ...attempt, at: 9_000 },
  permitted: { type: 'stepPermitted', ...attempt, at: 9_000 },
  succeeded: { type: 'stepFinished', ...attempt, outcome: 'Succeeded', at: 9_000 },
  failed: { type: 'stepFinished', ...attempt, outcome: 'Failed', at: 9_000 },
  cancelled: { type: 'stepFinished', ...attempt, outcome: 'Cancelled', at: 9_000 },
  unknown: { type: 'stepFinished', ...attempt, outcome: 'Unknown', at: 9_000 },
  completed: { type: 'attemptCompleted', ...group, at: 9_000 },
  ended: { type: 'attemptEnded', ...group, reason: { code: 'X', message: 'x.' }, at: 9_000 },
  rejected: { type: 'groupRejected', groupId: 'group_1', failure, at: 9_000 },
  queueTimeout: { type: 'timer', key: 'queueTimeout:group_1:1', at: 9_000 },
  stepTimeout: { type: 'timer', key: 'stepTimeout:step_2', at: 9_000 },
  cancelInterrupt: { type: 'timer', key: 'cancelInterrupt:group_1', at: 9_000 },
  cancelForce: { type: 'timer', key: 'cancelForce:group_1', at: 9_000 },
  stepForce: { type: 'timer', key: 'cancelForce:step_2', at: 9_000 },
  foreignTimer: { type: 'timer', key: 'nonsense', at: 9_000 },
  cancel: { type: 'cancelRequested', by: 'ada', reason: 'enough', at: 9_000 },
  resolveSucceeded: { type: 'stepResolved', stepRunId: 'step_2', as: 'succeeded', by: 'ada', reason: 'r', at: 9_000 },
  resolveFailed: { type: 'stepResolved', stepRunId: 'step_2', as: 'failed', by: 'ada', reason: 'r', at: 9_000 },
  resolveNotStarted: { type: 'stepResolved', stepRunId: 'step_2', as: 'not-started', by: 'ada', reason: 'r', at: 9_000 },
} as const satisfies Record<string, ExecutionEvent>

/** Where each situation begins, and for each event that changes anything: step a, step b, the group, the execution afterwards. */
const table: Record<string, { from: () => Drive; cells: Partial<Record<EventName, string>> }> = {
  'not started': {
    from: () => new Drive(text),
    cells: { started: 'Pending Pending Queued Running', cancel: 'Cancelled Cancelled Cancelled Cancelled' },
  },
  queued: {
    from: () => new Drive(text).start(),
    cells: {
      accepted: 'Pending Pending Running Running',
      ended: 'Pending Pending Queued Running',
      completed: 'Pending Pending Queued Running',
      rejected: 'Skipped Skipped Failed Failed',
      queueTimeout: 'Skipped Skipped Failed Failed',
      cancel: 'Cancelled Cancelled Cancelled Cancelled',
    },
  },
  offered: {
    from: begun,
    cells: {
      begun: 'Running Pending Running Running',
      permitted: 'Running Pending Running Running',
      succeeded: 'Succeeded Pending Running Running',
      failed: 'Failed Skipped Failed Failed',
      cancelled: 'Cancelled Skipped Cancelled Cancelled',
      unknown: 'Unknown Skipped Unknown Unknown',
      completed: 'Pending Pending Queued Running',
      ended: 'Pending Pending Queued Running',
      cancel: 'Pending Cancelled Running Running',
    },
  },
  'offered and cancelled': {
    from: () => begun().cancel(),
    cells: {
      begun: 'Running Cancelled Running Running',
      permitted: 'Running Cancelled Running Running',
      succeeded: 'Succeeded Cancelled Cancelled Cancelled',
      failed: 'Failed Cancelled Cancelled Cancelled',
      cancelled: 'Cancelled Cancelled Cancelled Cancelled',
      unknown: 'Unknown Cancelled Unknown Unknown',
      completed: 'Cancelled Cancelled Cancelled Cancelled',
      ended: 'Cancelled Cancelled Cancelled Cancelled',
      cancelForce: 'Cancelled Cancelled Cancelled Cancelled',
    },
  },
  running: {
    from: () => begun().begin('a'),
    cells: {
      permitted: 'Running Pending Running Running',
      succeeded: 'Succeeded Pending Running Running',
      failed: 'Failed Skipped Failed Failed',
      cancelled: 'Cancelled Skipped Cancelled Cancelled',
      unknown: 'Unknown Skipped Unknown Unknown',
      completed: 'Failed Skipped Failed Failed',
      ended: 'Failed Skipped Failed Failed',
      stepTimeout: 'Running Pending Running Running',
      cancel: 'Running Cancelled Running Running',
    },
  },
  'running, timed out': {
    from: () => begun().begin('a').timer('stepTimeout', 'step_2'),
    cells: {
      permitted: 'Running Pending Running Running',
      succeeded: 'Succeeded Pending Running Running',
      failed: 'Failed Skipped Failed Failed',
      cancelled: 'Failed Skipped Failed Failed',
      unknown: 'Unknown Skipped Unknown Unknown',
      completed: 'Failed Skipped Failed Failed',
      ended: 'Failed Skipped Failed Failed',
      stepForce: 'Failed Skipped Failed Failed',
      cancel: 'Running Cancelled Running Running',
    },
  },
  'running, cancelled': {
    from: () => begun().begin('a').cancel(),
    cells: {
      permitted: 'Running Cancelled Running Running',
      succeeded: 'Succeeded Cancelled Cancelled Cancelled',
      failed: 'Failed Cancelled Cancelled Cancelled',
      cancelled: 'Cancelled Cancelled Cancelled Cancelled',
      unknown: 'Unknown Cancelled Unknown Unknown',
      completed: 'Cancelled Cancelled Cancelled Cancelled',
      ended: 'Cancelled Cancelled Cancelled Cancelled',
      cancelForce: 'Cancelled Cancelled Cancelled Cancelled',
    },
  },
  permitted: {
    from: () => begun().permit('a'),
    cells: {
      succeeded: 'Succeeded Pending Running Running',
      failed: 'Failed Skipped Failed Failed',
      cancelled: 'Cancelled Skipped Cancelled Cancelled',
      unknown: 'Unknown Skipped Unknown Unknown',
      completed: 'Unknown Skipped Unknown Unknown',
      ended: 'Unknown Skipped Unknown Unknown',
      stepTimeout: 'Running Pending Running Running',
      cancel: 'Running Cancelled Running Running',
    },
  },
  'permitted, timed out': {
    from: () => begun().permit('a').timer('stepTimeout', 'step_2'),
    cells: {
      succeeded: 'Succeeded Pending Running Running',
      failed: 'Failed Skipped Failed Failed',
      cancelled: 'Failed Skipped Failed Failed',
      unknown: 'Unknown Skipped Unknown Unknown',
      completed: 'Unknown Skipped Unknown Unknown',
      ended: 'Unknown Skipped Unknown Unknown',
      stepForce: 'Unknown Skipped Unknown Unknown',
      cancel: 'Running Cancelled Running Running',
    },
  },
  'permitted, cancelled': {
    from: () => begun().permit('a').cancel(),
    cells: {
      succeeded: 'Succeeded Cancelled Cancelled Cancelled',
      failed: 'Failed Cancelled Cancelled Cancelled',
      cancelled: 'Cancelled Cancelled Cancelled Cancelled',
      unknown: 'Unknown Cancelled Unknown Unknown',
      completed: 'Unknown Cancelled Unknown Unknown',
      ended: 'Unknown Cancelled Unknown Unknown',
      cancelForce: 'Unknown Cancelled Unknown Unknown',
    },
  },
  unknown: {
    from: () => begun().permit('a').finish('a', 'Unknown'),
    cells: {
      succeeded: 'Succeeded Skipped Failed Failed',
      failed: 'Failed Skipped Failed Failed',
      cancelled: 'Cancelled Skipped Failed Failed',
      // The end of its attempt is recorded and changes no status.
      completed: 'Unknown Skipped Unknown Unknown',
      ended: 'Unknown Skipped Unknown Unknown',
      cancel: 'Unknown Skipped Unknown Unknown',
      resolveSucceeded: 'Succeeded Skipped Failed Failed',
      resolveFailed: 'Failed Skipped Failed Failed',
      resolveNotStarted: 'NotStarted Skipped Failed Failed',
    },
  },
  'over, attempt still there': {
    from: () => begun().finish('a').finish('b'),
    cells: { completed: 'Succeeded Succeeded Succeeded Succeeded', ended: 'Succeeded Succeeded Succeeded Succeeded' },
  },
  'over: failed': { from: () => begun().begin('a').end('g'), cells: {} },
  'over: cancelled': { from: () => new Drive(text).start().cancel(), cells: {} },
  'over: not started': { from: () => begun().permit('a').end('g').resolve('a', 'not-started'), cells: {} },
}

for (const [situation, { from, cells }] of Object.entries(table)) {
  test(`every event on a step that is ${situation} has the effect that the table says`, () => {
    for (const [name, event] of Object.entries(events)) {
      const drive = from()
      const { state } = advance(drive.state, event)
      const expected = cells[name as EventName]
      if (expected === undefined) {
        assert.equal(state, drive.state, `${name} should change nothing`)
        continue
      }
      assert.notEqual(state, drive.state, `${name} should change something`)
      drive.state = state
      const found = [drive.step('a').status, drive.step('b').status, drive.group('g').status, state.status].join(' ')
      assert.equal(found, expected, name)
    }
  })
}

test('events about things that do not exist change nothing', () => {
  const drive = begun().begin('a')
  assert.equal(advance(drive.state, { type: 'fromTheFuture', at: 9_000 } as never).state, drive.state)
  for (const event of Object.values(events)) {
    const ids = { groupId: 'group_x', stepRunId: 'step_x', key: 'stepTimeout:step_x' }
    const foreign: ExecutionEvent = Object.assign({}, event, ids)
    if (event.type === 'started' || event.type === 'cancelRequested') continue
    assert.equal(advance(drive.state, foreign).state, drive.state, event.type)
  }
})
