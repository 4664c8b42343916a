import { evaluateExpression, ExpressionError, toBoolean, toText } from '../evaluate-expression.ts'
import type { StepOrder } from '../effects.ts'
import { createLookup } from '../execution-scope.ts'
import type { ScopePosition } from '../execution-scope.ts'
import type {
  ExecutionState,
  Failure,
  GroupInfraTarget,
  GroupState,
  RunStepTarget,
  StageState,
  StepState,
  StepTarget,
  WhenState,
} from '../execution-state.ts'
import type { Lookup } from '../expression.ts'
import type { EvaluatedPart, RunSpec, Template } from '../model.ts'
import { parseExpression } from '../parse-expression.ts'
import { evaluatePodOverlay } from '../pod-overlay/evaluate-pod-overlay.ts'
import { isCount } from '../parse-step.ts'
import { capitalize, quote } from '../report.ts'
import { toStorableText } from '../storable-json.ts'
import { evaluateParts, evaluateTemplate, secretRefsOf } from '../template.ts'
import { describeCondition } from './skip-reasons.ts'

export type Evaluated<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly failure: Failure }

/** Whether a node runs: undefined, or why it does not. `failed` says what failed before it; `what` names the node in a sentence. */
export function decideWhen(
  state: ExecutionState,
  position: ScopePosition,
  when: WhenState,
  failed: string | undefined,
  what: string,
): Evaluated<string | undefined> {
  if (when.status === 'Success' && failed !== undefined) return ok(failed)
  if (when.status === 'Failure' && failed === undefined) {
    return ok(`${capitalize(what)} runs only after a failure, and nothing failed before it.`)
  }
  const { condition } = when
  if (condition === undefined) return ok(undefined)
  return guard(`The condition of ${what}`, () => {
    const parsed = parseExpression(condition.expression)
    if (!parsed.ok) throw new ExpressionError(parsed.problem.message, parsed.problem.hint)
    const isTrue = toBoolean(evaluateExpression(parsed.expression, createLookup(state, position)))
    return isTrue ? undefined : `The condition of ${what} is false: ${describeCondition(condition.expression)}`
  })
}

/** The delegate selectors of a group. */
export function evaluateSelectors(state: ExecutionState, stage: StageState, group: GroupState): Evaluated<string[]> {
  const lookup = createLookup(state, { stage, group })
  return guard(`"delegateSelectors" of ${quote(group.identifier)}`, () => [
    ...new Set(group.selectors.map((selector) => text(selector, lookup, 'delegateSelectors'))),
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
    const { spec } = step
    if (spec.type === 'Run') return runTarget(group, step, spec, lookup)
    const connectorRef = optionalText(spec.connectorRef, lookup, 'connectorRef')
    return {
      stepRunId: step.stepRunId,
      type: spec.type,
      dbSchema: text(spec.dbSchema, lookup, 'dbSchema'),
      dbInstance: text(spec.dbInstance, lookup, 'dbInstance'),
      ...(connectorRef === undefined ? {} : { connectorRef }),
      ...(spec.resources === undefined ? {} : { resources: spec.resources }),
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
    if (spec.type === 'Run' || target.type === 'Run') return runOrder(step, spec, lookup)
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

/** Where a group runs; undefined for a process of its delegate. */
export function evaluateInfra(
  state: ExecutionState,
  stage: StageState,
  group: GroupState,
): Evaluated<GroupInfraTarget | undefined> {
  const { infra } = group
  if (infra === undefined) return ok(undefined)
  const lookup = createLookup(state, { stage, group })
  return guard(`"stepGroupInfra" of ${quote(group.identifier)}`, () => {
    const single = (name: 'namespace' | 'serviceAccountName' | 'priorityClassName' | 'imageConnectorRef') => {
      const value = optionalText(infra[name], lookup, name)
      return value === undefined ? {} : { [name]: value }
    }
    const map = (name: 'nodeSelector' | 'labels' | 'annotations') => {
      const templates = infra[name]
      if (templates === undefined) return {}
      const entries = Object.entries(templates).map(([key, value]) => [key, optionalText(value, lookup, key) ?? ''])
      return { [name]: Object.fromEntries(entries) as Record<string, string> }
    }
    const podSpecOverlay = infra.podSpecOverlay === undefined ? undefined : evaluatePodOverlay(infra.podSpecOverlay, lookup)
    return {
      type: infra.type,
      connectorRef: text(infra.connectorRef, lookup, 'connectorRef'),
      ...single('namespace'),
      ...single('serviceAccountName'),
      ...single('priorityClassName'),
      ...single('imageConnectorRef'),
      ...map('nodeSelector'),
      ...map('labels'),
      ...map('annotations'),
      ...(podSpecOverlay === undefined ? {} : { podSpecOverlay }),
      options: infra.options,
    }
  })
}

function runTarget(group: GroupState, step: StepState, spec: RunSpec, lookup: Lookup): RunStepTarget {
  const connectorRef = optionalText(spec.connectorRef, lookup, 'connectorRef')
  const image = optionalText(spec.image, lookup, 'image')
  const { resources, imagePullPolicy, runAsUser, privileged } = spec
  const templates = [spec.command, ...spec.envVariables.map(({ value }) => value)]
  return {
    stepRunId: step.stepRunId,
    type: 'Run',
    shell: spec.shell,
    ...(connectorRef === undefined ? {} : { connectorRef }),
    ...(image === undefined ? {} : { image }),
    ...(resources === undefined ? {} : { resources }),
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(privileged === undefined ? {} : { privileged }),
    secretRefs: [...new Set(templates.flatMap((template) => secretRefsOf(template, lookup)))],
    outputVariables: spec.outputVariables,
    lane: laneOf(group, step),
    timeoutMs: step.timeoutMs,
  }
}

/** Members of a `parallel` have a lane each by their place in it: what has the same lane never runs at the same time. */
function laneOf(group: GroupState, step: StepState): number {
  for (const node of group.nodes) {
    const index = node.kind === 'parallel' ? node.nodes.findIndex((member) => member.stepRunId === step.stepRunId) : -1
    if (index >= 0) return index
  }
  return 0
}

function runOrder(step: StepState, spec: StepState['spec'], lookup: Lookup): StepOrder {
  if (spec.type !== 'Run') throw new ExpressionError('The step is not what its group was placed with.')
  const parts = (template: Template): EvaluatedPart[] =>
    evaluateParts(template, lookup).map((part) =>
      part.kind === 'text' ? { kind: 'text', text: toStorableText(part.text) } : part,
    )
  return {
    type: 'Run',
    identifier: step.identifier,
    name: step.name,
    command: parts(spec.command),
    env: spec.envVariables.map(({ name, value }) => ({ name, value: parts(value) })),
    timeoutMs: step.timeoutMs,
  }
}

/** An evaluated field that must say something. Its value goes out as it is: nothing looks for expressions in it again. */
function text(template: Template, lookup: Lookup, field: string): string {
  const value = optionalText(template, lookup, field)
  if (value === undefined) throw new ExpressionError(`"${field}" has no value.`, whyEmpty(template))
  return value
}

function whyEmpty(template: Template): string {
  const expressions = template.flatMap((part) => (part.kind === 'expression' ? [`<+${part.expression}>`] : []))
  return `${expressions.length === 0 ? 'What it says' : expressions.join(' and ')} is empty or was never set.`
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
