import { defaultTimings, formatDiagnostic, invariant } from '@sluice/base'
import { advance } from './advance/advance.ts'
import { compileExecution } from './compile-execution.ts'
import type { CompileExecutionResult, ExecutionFacts } from './compile-execution.ts'
import type { DbStepOrder, ExecutionEffect } from './effects.ts'
import type { ExecutionEvent } from './events.ts'
import type { ExecutionState, GroupState, StepState } from './execution-state.ts'
import type { JsonValue, Pipeline } from './model.ts'
import { parsePipeline } from './parse-pipeline.ts'
import { groupsOf, stepsOf } from './state-queries.ts'

// What the tests of this package share. Imported by tests alone.

export const testFacts: ExecutionFacts = {
  executionId: 'exec_1',
  sequence: 7,
  org: 'acme',
  project: 'shop',
  triggeredBy: { name: 'ada' },
  startedAt: 1_000,
}

/** The YAML of one stage's steps as a whole pipeline. */
export function stageYaml(steps: string, variables = ''): string {
  const indented = steps.trimEnd().replaceAll('\n', '\n            ')
  return `pipeline:
  identifier: p
${variables === '' ? '' : `  variables:\n    ${variables.trimEnd().replaceAll('\n', '\n    ')}\n`}  stages:
    - stage:
        identifier: s
        type: Custom
        spec:
          execution:
            steps:
            ${indented}
`
}

/** An apply step in flow style; `more` are further fields of the step. */
export function applyStep(identifier: string, more = '', spec = ''): string {
  const fields = [
    `identifier: ${identifier}`,
    'type: DBSchemaApply',
    `spec: {dbSchema: shop, dbInstance: ${identifier}_db${spec}}`,
  ]
  return `step: {${fields.join(', ')}${more}}`
}

/** Parses what has to parse. */
export function parseValid(text: string): Pipeline {
  const { pipeline, diagnostics } = parsePipeline(text)
  invariant(pipeline, diagnostics.map(formatDiagnostic).join('\n'))
  return pipeline
}

/** The errors of a text, as `line:column CODE message`. */
export function errorsOf(text: string): string[] {
  return parsePipeline(text)
    .diagnostics.filter((diagnostic) => diagnostic.severity === 'error')
    .map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`)
}

export function compile(
  text: string,
  inputs: Readonly<Record<string, JsonValue>> = {},
  facts: Partial<ExecutionFacts> = {},
): CompileExecutionResult {
  let count = 0
  return compileExecution({
    pipeline: parseValid(text),
    inputs,
    facts: { ...testFacts, ...facts },
    timings: defaultTimings,
    createId: (prefix) => `${prefix}_${++count}`,
  })
}

/** An execution that a test drives event by event. */
export class Drive {
  state: ExecutionState
  /** Effects of the last event. */
  effects: readonly ExecutionEffect[] = []
  #at = 2_000

  constructor(text: string, inputs: Readonly<Record<string, JsonValue>> = {}, facts: Partial<ExecutionFacts> = {}) {
    const { state, diagnostics } = compile(text, inputs, facts)
    invariant(state, diagnostics.map(formatDiagnostic).join('\n'))
    this.state = state
  }

  send(event: DistributiveOmit<ExecutionEvent, 'at'>): this {
    this.#at += 1
    const result = advance(this.state, { ...event, at: this.#at })
    this.state = result.state
    this.effects = result.effects
    return this
  }

  start(): this {
    return this.send({ type: 'started' })
  }

  accept(group: string, attemptId = `${group}-1`): this {
    return this.send({ type: 'attemptAccepted', groupId: this.group(group).groupId, attemptId })
  }

  begin(step: string): this {
    return this.send({ type: 'stepStarted', ...this.#stepOf(step) })
  }

  permit(step: string): this {
    return this.send({ type: 'stepPermitted', ...this.#stepOf(step) })
  }

  finish(
    step: string,
    outcome: 'Succeeded' | 'Failed' | 'Cancelled' | 'Unknown' = 'Succeeded',
    outputs?: { readonly [key: string]: JsonValue },
  ): this {
    return this.send({ type: 'stepFinished', ...this.#stepOf(step), outcome, ...(outputs === undefined ? {} : { outputs }) })
  }

  end(group: string, code = 'LEASE_LOST'): this {
    const { groupId, attemptId = `${group}-1` } = this.group(group)
    return this.send({ type: 'attemptEnded', groupId, attemptId, reason: { code, message: 'it is gone.' } })
  }

  resolve(step: string, as: 'succeeded' | 'failed' | 'not-started'): this {
    return this.send({ type: 'stepResolved', stepRunId: this.step(step).stepRunId, as, by: 'ada', reason: 'looked at it' })
  }

  cancel(): this {
    return this.send({ type: 'cancelRequested', by: 'ada', reason: 'enough' })
  }

  timer(name: string, id: string): this {
    return this.send({ type: 'timer', key: `${name}:${id}` })
  }

  group(identifier: string): GroupState {
    const group = this.state.stages.flatMap(groupsOf).find((candidate) => candidate.identifier === identifier)
    invariant(group, `group ${identifier}`)
    return group
  }

  step(identifier: string): StepState {
    const step = this.state.stages
      .flatMap(groupsOf)
      .flatMap(stepsOf)
      .find((candidate) => candidate.identifier === identifier)
    invariant(step, `step ${identifier}`)
    return step
  }

  /** The last effects' types. */
  get types(): string[] {
    return this.effects.map((effect) => effect.type)
  }

  effect<Type extends ExecutionEffect['type']>(type: Type): Extract<ExecutionEffect, { type: Type }> {
    const found = this.effects.find((effect): effect is Extract<ExecutionEffect, { type: Type }> => effect.type === type)
    invariant(found, `effect ${type} among ${this.types.join(', ')}`)
    return found
  }

  /** The order of a database step that the last event offered. */
  get dbOrder(): DbStepOrder {
    const { order } = this.effect('offerStep')
    invariant(order.type !== 'Run', 'a database step')
    return order
  }

  #stepOf(identifier: string): { stepRunId: string; attemptId: string } {
    const { stepRunId } = this.step(identifier)
    const group = this.state.stages
      .flatMap(groupsOf)
      .find((candidate) => stepsOf(candidate).some((step) => step.stepRunId === stepRunId))
    return { stepRunId, attemptId: group?.attemptId ?? 'none' }
  }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never
