import { evaluateExpression, ExpressionError, toBoolean, toText } from '../evaluate-expression.ts'
import type { StepOrder } from '../effects.ts'
import { createLookup } from '../execution-scope.ts'
import type { ScopePosition } from '../execution-scope.ts'
import type { ExecutionState, Failure, GroupState, StageState, StepState, StepTarget, WhenState } from '../execution-state.ts'
import type { Lookup } from '../expression.ts'
import type { Template } from '../model.ts'
import { parseExpression } from '../parse-expression.ts'
import { isCount } from '../parse-step.ts'
import { quote } from '../report.ts'
import { toStorableText } from '../storable-json.ts'
import { evaluateTemplate } from '../template.ts'

export type Evaluated<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly failure: Failure }

/** Whether a node runs: undefined, or why it does not. */
export function decideWhen(
  state: ExecutionState,
  position: ScopePosition,
  when: WhenState,
  hasFailed: boolean,
  what: string,
): Evaluated<string | undefined> {
  if (when.status === 'Success' && hasFailed) return ok('Something before it failed.')
  if (when.status === 'Failure' && !hasFailed) return ok('Nothing before it failed.')
  const { condition } = when
  if (condition === undefined) return ok(undefined)
  return guard(`The condition of ${what}`, () => {
    const parsed = parseExpression(condition.expression)
    if (!parsed.ok) throw new ExpressionError(parsed.problem.message, parsed.problem.hint)
    return toBoolean(evaluateExpression(parsed.expression, createLookup(state, position))) ? undefined : 'Its condition is false.'
  })
}

/** The delegate selectors of a group. */
export function evaluateSelectors(state: ExecutionState, stage: StageState, group: GroupState): Evaluated<string[]> {
  const lookup = createLookup(state, { stage, group })
  return guard(`"delegateSelectors" of ${quote(group.identifier)}`, () => [
    ...new Set(group.selectors.map((selector) => text(selector, lookup, 'A delegate selector'))),
  ])
}

/** What a step works on. */
export function evaluateTarget(
  state: ExecutionState,
  stage: StageState,
  group: GroupState,
  step: StepState,
): Evaluated<StepTarget> {
  const lookup = createLookup(state, { stage, group, step })
  return guard(`Step ${quote(step.identifier)}`, () => {
    const connectorRef = optionalText(step.spec.connectorRef, lookup, 'connectorRef')
    return {
      stepRunId: step.stepRunId,
      type: step.spec.type,
      dbSchema: text(step.spec.dbSchema, lookup, 'dbSchema'),
      dbInstance: text(step.spec.dbInstance, lookup, 'dbInstance'),
      ...(connectorRef === undefined ? {} : { connectorRef }),
      ...(step.spec.resources === undefined ? {} : { resources: step.spec.resources }),
      timeoutMs: step.timeoutMs,
    }
  })
}

/** The step with every field evaluated; its target is the one that its group was placed with. */
export function evaluateOrder(
  state: ExecutionState,
  stage: StageState,
  group: GroupState,
  step: StepState,
  target: StepTarget,
): Evaluated<StepOrder> {
  const lookup = createLookup(state, { stage, group, step })
  const { spec } = step
  return guard(`Step ${quote(step.identifier)}`, () => {
    const order: StepOrder = {
      type: spec.type,
      identifier: step.identifier,
      name: step.name,
      migrationType: spec.migrationType,
      dbSchema: target.dbSchema,
      dbInstance: target.dbInstance,
      timeoutMs: step.timeoutMs,
    }
    if (spec.type === 'DBSchemaApply') {
      const tag = optionalText(spec.tag, lookup, 'tag')
      return tag === undefined ? order : { ...order, tag }
    }
    if (spec.tag !== undefined) return { ...order, tag: text(spec.tag, lookup, 'tag') }
    const count = text(spec.changeSetCount ?? [], lookup, 'changeSetCount')
    if (!isCount(count)) throw new ExpressionError('"changeSetCount" has to be a whole number of at least 1.')
    return { ...order, changeSetCount: Number(count) }
  })
}

/** An evaluated field that must say something. Its value goes out as it is: nothing looks for expressions in it again. */
function text(template: Template, lookup: Lookup, field: string): string {
  const value = optionalText(template, lookup, field)
  if (value === undefined) throw new ExpressionError(`"${field}" has no value.`, 'What it refers to is empty or was never set.')
  return value
}

function optionalText(template: Template | undefined, lookup: Lookup, field: string): string | undefined {
  const value = template === undefined ? null : evaluateTemplate(template, lookup)
  if (value === null) return undefined
  if (typeof value === 'object') throw new ExpressionError(`"${field}" has to be a text, but it is a list or a mapping.`)
  const found = toStorableText(toText(value))
  return found === '' ? undefined : found
}

function ok<Value>(value: Value): Evaluated<Value> {
  return { ok: true, value }
}

function guard<Value>(what: string, evaluate: () => Value): Evaluated<Value> {
  try {
    return ok(evaluate())
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const failure: Failure = {
      kind: 'expression',
      code: 'EXPRESSION_FAILED',
      message: toStorableText(`${what}: ${error.message}`),
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    }
    return { ok: false, failure }
  }
}
