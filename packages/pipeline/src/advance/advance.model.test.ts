import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultTimings } from '@sluice/base'
import fc from 'fast-check'
import { compileExecution } from '../compile-execution.ts'
import { describeExecution } from '../describe-execution.ts'
import type { ExecutionEffect } from '../effects.ts'
import type { ExecutionEvent } from '../events.ts'
import type { ExecutionState } from '../execution-state.ts'
import { parseValid, testFacts } from '../test-support.ts'
import {
  findGroup,
  findStep,
  groupsOf,
  isExecutionOver,
  isGroupOver,
  isPermitAllowed,
  isStageOver,
  isStepOpen,
  isStepOver,
  stepsOf,
} from '../state-queries.ts'
import { advance } from './advance.ts'
import {
  legalExecutionTransitions,
  legalGroupTransitions,
  legalStageTransitions,
  legalStepTransitions,
} from './legal-transitions.ts'

// Random pipelines under random events: in any order, twice, too late, from attempts that are gone. JSON is YAML, so pipelines are
// written as JSON.

const when = fc.option(
  fc.record(
    {
      stageStatus: fc.constantFrom('Success', 'Failure', 'All'),
      condition: fc.constantFrom('true', 'false', '<+trigger.missing>', '<+stage.status> == "Failed"'),
    },
    { requiredKeys: ['stageStatus'] },
  ),
  { freq: 2, nil: undefined },
)
const ignore = [{ onFailure: { errors: ['AllErrors'], action: { type: 'Ignore' } } }]
const step = fc
  .record({
    when,
    ignored: fc.boolean(),
    target: fc.constantFrom('db', 'db', 'db', 'db', '<+trigger.db>'),
    tag: fc.constantFrom('t', 't', '<+trigger.tag>'),
  })
  .map(({ when: condition, ignored, target, tag }) => ({
    step: {
      identifier: '',
      type: 'DBSchemaApply',
      ...(condition === undefined ? {} : { when: condition }),
      ...(ignored ? { failureStrategies: ignore } : {}),
      spec: { dbSchema: 's', dbInstance: target, tag },
    },
  }))
const some = <Item>(item: fc.Arbitrary<Item>): fc.Arbitrary<Item[]> => fc.array(item, { minLength: 1, maxLength: 3 })
const groupNode = fc.oneof({ weight: 3, arbitrary: step }, { weight: 1, arbitrary: some(step).map((parallel) => ({ parallel })) })
const group = fc.record({ when, steps: some(groupNode) }).map((fields) => ({
  stepGroup: { identifier: '', steps: fields.steps, ...(fields.when === undefined ? {} : { when: fields.when }) },
}))
const single = fc.oneof({ weight: 1, arbitrary: step }, { weight: 2, arbitrary: group })
const stageNode = fc.oneof(
  { weight: 2, arbitrary: single },
  { weight: 1, arbitrary: some(single).map((parallel) => ({ parallel })) },
)
const pipeline = fc
  .array(fc.record({ steps: some(stageNode), status: fc.constantFrom('Success', 'Failure', 'All') }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((stages) => {
    let count = 0
    const named = stages.map(({ steps, status }, index) => ({
      stage: { identifier: `s${index}`, type: 'Custom', when: { pipelineStatus: status }, spec: { execution: { steps } } },
    }))
    return JSON.stringify({ pipeline: { identifier: 'p', stages: named } }).replaceAll(
      '"identifier":""',
      () => `"identifier":"n${count++}"`,
    )
  })

/** Numbers that choose what happens next; their meaning depends on the state. */
const moves = fc.array(fc.tuple(fc.nat(99), fc.nat(), fc.nat()), { minLength: 10, maxLength: 60, size: 'max' })

class World {
  state: ExecutionState
  readonly past: ExecutionEvent[] = []
  readonly timers = new Set<string>()
  readonly #offered = new Set<string>()
  readonly #blocked = new Set<string>()
  #json: string
  #finished = 0
  #attempts = 0
  #at = 2_000

  constructor(state: ExecutionState) {
    this.state = state
    this.#json = JSON.stringify(state)
  }

  at(): number {
    return ++this.#at
  }

  newAttempt(): string {
    return `attempt_${++this.#attempts}`
  }

  send(event: ExecutionEvent): void {
    const before = this.state
    const { state, effects } = advance(before, event)
    assert.equal(JSON.stringify(before), this.#json, 'the old state is untouched')
    this.#json = JSON.stringify(state)
    if ('stepRunId' in event && 'attemptId' in event && findStep(before, event.stepRunId)?.group.attemptId !== event.attemptId) {
      assert.equal(state, before, 'only the current attempt has a say')
    }
    if (event.type === 'timer') this.timers.delete(event.key)
    this.state = state
    this.past.push(event)
    if (state === before) assert.ok(effects.every(({ type }) => ['note', 'finishGroup', 'cancelAttempt'].includes(type)))
    for (const effect of effects) this.#apply(effect, before)
    checkTransitions(before, state, event)
    this.#checkState()
    if (this.past.length % 8 === 0) assert.deepEqual(JSON.parse(this.#json), state, 'the state survives jsonb')
    assert.equal(advance(state, event).state, state, `${event.type} a second time changes nothing`)
  }

  #apply(effect: ExecutionEffect, before: ExecutionState): void {
    switch (effect.type) {
      case 'setTimer':
        assert.ok(effect.afterMs > 0)
        this.timers.add(effect.key)
        return
      case 'clearTimer':
        this.timers.delete(effect.key)
        return
      case 'placeGroup': {
        assert.ok(effect.attemptNumber >= 1 && effect.attemptNumber <= 3)
        const place = findGroup(before, effect.groupId)
        assert.ok(
          place && stepsOf(place.group).every(({ startedAt }) => startedAt === undefined),
          'placed only before any step started',
        )
        assert.ok(effect.steps.length > 0)
        return
      }
      case 'offerStep': {
        const key = `${effect.attemptId} ${effect.stepRunId}`
        assert.ok(!this.#offered.has(key), 'offered once to an attempt')
        this.#offered.add(key)
        return
      }
      case 'blockTarget':
        assert.ok(!this.#blocked.has(effect.stepRunId))
        this.#blocked.add(effect.stepRunId)
        return
      case 'releaseTarget':
        assert.ok(this.#blocked.delete(effect.stepRunId))
        return
      case 'cancelAttempt': {
        const steps = stepsOf(findGroup(this.state, effect.groupId)?.group ?? assert.fail())
        const mayWrite = steps.some(
          ({ permitted, status }) => permitted === true && (status === 'Running' || status === 'Unknown'),
        )
        assert.ok(effect.mode !== 'force' || !mayWrite, 'nothing that may write is ended by force')
        return
      }
      case 'executionFinished':
        this.#finished += 1
        assert.equal(effect.state, this.state.status)
        return
      default:
    }
  }

  #checkState(): void {
    const { state } = this
    const groups = state.stages.flatMap(groupsOf)
    const steps = groups.flatMap(stepsOf)
    assert.equal(this.#finished, isExecutionOver(state) ? 1 : 0)
    assert.deepEqual(
      [...this.#blocked].toSorted(),
      steps
        .filter(({ status }) => status === 'Unknown')
        .map(({ stepRunId }) => stepRunId)
        .toSorted(),
      'blocked are the targets of Unknown steps',
    )
    if (isExecutionOver(state)) assert.ok(state.stages.every(isStageOver))
    for (const stage of state.stages) if (isStageOver(stage)) assert.ok(groupsOf(stage).every(isGroupOver))
    for (const node of groups) {
      if (isGroupOver(node)) assert.ok(stepsOf(node).every(isStepOver), 'a group that is over has only steps that are')
      if (node.status === 'Queued') assert.ok(this.timers.has(`queueTimeout:${node.groupId}:${node.attemptNumber}`))
      if (node.status === 'Running') {
        assert.ok(stepsOf(node).some(isStepOpen), 'a running group waits for a step')
        assert.ok(node.attemptId !== undefined && !node.endedAttemptIds.includes(node.attemptId), 'its attempt is there')
      }
      for (const { status, stepRunId, stop, endedAt } of stepsOf(node)) {
        assert.equal(endedAt !== undefined, !['Pending', 'Running', 'Unknown'].includes(status))
        if (status !== 'Running') continue
        const stopping = this.timers.has(`cancelForce:${stepRunId}`) || this.timers.has(`cancelForce:${node.groupId}`)
        assert.ok(stop === undefined ? this.timers.has(`stepTimeout:${stepRunId}`) : stopping, 'every running step has a bound')
      }
    }
    const isMoving = groups.some(({ status }) => status === 'Queued' || status === 'Running')
    if (state.status === 'Running') assert.ok(isMoving, 'a running execution waits for something')
    if (state.status === 'Unknown') assert.ok(!isMoving && steps.some(({ status }) => status === 'Unknown'))
    for (const { groupId, attemptId } of groups) {
      for (const { stepRunId } of stepsOf(findGroup(state, groupId)?.group ?? assert.fail())) {
        const allowed = attemptId !== undefined && isPermitAllowed(state, { stepRunId, attemptId })
        if (allowed) assert.ok(isStepOpen(findStep(state, stepRunId)?.step ?? assert.fail()))
      }
    }
    assert.equal(describeExecution(state).stages.length, state.stages.length)
  }
}

function checkTransitions(before: ExecutionState, after: ExecutionState, event: ExecutionEvent): void {
  const legal = <Status extends string>(
    table: Readonly<Record<Status, readonly Status[]>>,
    from: Status,
    to: Status,
    what: string,
  ): void => {
    assert.ok(from === to || table[from].includes(to), `${what}: ${from} -> ${to} by ${event.type}`)
  }
  legal(legalExecutionTransitions, before.status, after.status, 'execution')
  for (const [index, stage] of before.stages.entries()) {
    const nextStage = after.stages[index] ?? assert.fail()
    legal(legalStageTransitions, stage.status, nextStage.status, stage.identifier)
    for (const node of groupsOf(stage)) {
      const nextGroup = findGroup(after, node.groupId)?.group ?? assert.fail()
      legal(legalGroupTransitions, node.status, nextGroup.status, node.groupId)
      for (const old of stepsOf(node)) {
        const next = findStep(after, old.stepRunId)?.step ?? assert.fail()
        legal(legalStepTransitions, old.status, next.status, old.stepRunId)
        if (isStepOver(old)) assert.deepEqual(next, old, 'what is over stays as it is')
        const isThere = node.attemptId !== undefined && !nextGroup.endedAttemptIds.includes(node.attemptId)
        if (old.offeredAt !== undefined && isThere)
          assert.ok(old.status === 'Skipped' || next.status !== 'Skipped', 'what was offered may have begun')
        const byTimer = event.type === 'timer' && old.permitted === true && old.status === 'Running'
        if (byTimer) assert.ok(next.status === 'Running' || next.status === 'Unknown', 'a timer alone ends no permitted step')
        if (old.permitted === true && !isStepOver(old)) assert.equal(next.permitted, true)
      }
    }
  }
}

/** The event that a move means in this state; undefined where it means none. */
function chooseEvent(world: World, [kind, pick, detail]: [number, number, number]): ExecutionEvent | undefined {
  const { state } = world
  const at = world.at()
  const groups = state.stages.flatMap(groupsOf)
  const steps = groups.flatMap((node) => stepsOf(node).map((item) => ({ node, item })))
  const from = <Item>(items: readonly Item[]): Item | undefined => items[pick % Math.max(1, items.length)]
  const open = steps.filter(({ item }) => isStepOpen(item))
  const about = (detail % 4 === 0 ? from(steps) : from(open)) ?? from(steps)
  const attemptId = (detail % 5 === 0 ? about?.node.endedAttemptIds[0] : undefined) ?? about?.node.attemptId ?? 'none'
  const stepRunId = about?.item.stepRunId ?? 'none'
  if (kind < 4) return { type: 'started', at }
  if (kind < 24) {
    const queued = groups.filter(({ status }) => status === 'Queued')
    const { groupId } = (detail % 5 === 0 ? from(groups) : from(queued)) ?? from(groups) ?? assert.fail()
    return { type: 'attemptAccepted', groupId, attemptId: world.newAttempt(), at }
  }
  if (kind < 36) return { type: 'stepStarted', stepRunId, attemptId, at }
  if (kind < 46) return { type: 'stepPermitted', stepRunId, attemptId, at }
  if (kind < 66) {
    const outcome = (['Succeeded', 'Succeeded', 'Succeeded', 'Failed', 'Cancelled', 'Unknown'] as const)[detail % 6] ?? 'Failed'
    return { type: 'stepFinished', stepRunId, attemptId, outcome, outputs: { n: detail }, at }
  }
  if (kind < 74) {
    const running = groups.filter(({ status }) => status === 'Running' || status === 'Queued')
    const node = (detail % 5 === 0 ? undefined : from(running)) ?? from(groups) ?? assert.fail()
    const ended = detail % 3 === 0 ? (node.endedAttemptIds[0] ?? world.newAttempt()) : (node.attemptId ?? world.newAttempt())
    if (detail % 2 === 0) return { type: 'attemptCompleted', groupId: node.groupId, attemptId: ended, at }
    return { type: 'attemptEnded', groupId: node.groupId, attemptId: ended, reason: { code: 'X', message: 'gone.' }, at }
  }
  if (kind < 76) {
    const failure = { kind: 'infrastructure', code: 'X', message: 'no.' } as const
    return { type: 'groupRejected', groupId: from(groups)?.groupId ?? 'none', failure, at }
  }
  if (kind < 84) {
    const key = from([...world.timers])
    return key === undefined ? undefined : { type: 'timer', key, at }
  }
  if (kind < 86) return { type: 'cancelRequested', by: 'ada', reason: 'r', at }
  if (kind < 90) {
    const as = (['succeeded', 'failed', 'not-started'] as const)[detail % 3] ?? 'failed'
    const unknown = steps.filter(({ item }) => item.status === 'Unknown')
    return { type: 'stepResolved', stepRunId: (from(unknown) ?? about)?.item.stepRunId ?? 'none', as, by: 'ada', reason: 'r', at }
  }
  const again = from(world.past)
  return again === undefined ? undefined : { ...again, at }
}

/** Every attempt ends, every task is taken up and lost again, every Unknown is resolved: then it has to come to its end. */
function drain(world: World): void {
  world.send({ type: 'started', at: world.at() })
  for (let round = 0; round < 500 && !isExecutionOver(world.state); round++) {
    for (const node of world.state.stages.flatMap(groupsOf)) {
      const { groupId, status } = node
      const ended = { type: 'attemptEnded', groupId, reason: { code: 'X', message: 'gone.' } } as const
      if (status === 'Queued') world.send({ ...ended, attemptId: world.newAttempt(), at: world.at() })
      if (status === 'Running') world.send({ ...ended, attemptId: node.attemptId ?? assert.fail(), at: world.at() })
      for (const { stepRunId } of stepsOf(node).filter((item) => item.status === 'Unknown')) {
        world.send({
          type: 'stepResolved',
          stepRunId,
          as: round % 2 === 0 ? 'failed' : 'succeeded',
          by: 'ada',
          reason: 'r',
          at: world.at(),
        })
      }
    }
  }
  assert.ok(isExecutionOver(world.state), `it comes to an end, but is ${world.state.status}`)
}

test('random events in random order never lead to an illegal state, and every execution ends', () => {
  const ends = new Map<string, number>()
  fc.assert(
    fc.property(pipeline, moves, (text, chosen) => {
      let count = 0
      const { state } = compileExecution({
        pipeline: parseValid(text),
        inputs: {},
        facts: { ...testFacts, trigger: { db: 'db' } },
        timings: defaultTimings,
        createId: (prefix) => `${prefix}_${++count}`,
      })
      const world = new World(state ?? assert.fail())
      if ((chosen[0]?.[1] ?? 0) % 10 !== 0) world.send({ type: 'started', at: world.at() })
      for (const move of chosen) {
        const event = chooseEvent(world, move)
        if (event !== undefined) world.send(event)
      }
      drain(world)
      ends.set(world.state.status, (ends.get(world.state.status) ?? 0) + 1)
      const over = world.state
      for (const event of world.past.slice(0, 50)) world.send({ ...event, at: world.at() })
      assert.equal(world.state.status, over.status)
    }),
    { numRuns: 100 },
  )
  // The test would prove little if all runs went the same way.
  for (const status of ['Succeeded', 'Failed', 'Cancelled'])
    assert.ok((ends.get(status) ?? 0) > 0, `${status}: ${[...ends].join(' ')}`)
})
