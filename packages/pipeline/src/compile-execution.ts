import { createId as createRandomId, limits } from '@sluice/base'
import type { Diagnostic } from '@sluice/base'
import { bindInputs } from './bind-inputs.ts'
import type { BoundInputs } from './bind-inputs.ts'
import { createLookup } from './execution-scope.ts'
import type {
  ExecutionState,
  ExecutionTimings,
  GroupState,
  StageNodeState,
  StageState,
  StepState,
  VariableState,
  WhenState,
} from './execution-state.ts'
import { evaluateVariables, isPipelineVariable } from './execution-variables.ts'
import type { JsonValue, Parallel, Pipeline, Stage, StageNode, Step, StepGroup, Template, When } from './model.ts'
import { Report } from './report.ts'
import { toStorableJson } from './storable-json.ts'

/** What is true of an execution from its start. */
export interface ExecutionFacts {
  readonly executionId: string
  /** Count of this pipeline's executions, from 1. */
  readonly sequence: number
  readonly org: string
  readonly project: string
  readonly triggeredBy: { readonly name: string }
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** What `<+trigger.…>` reads. */
  readonly trigger?: { readonly [key: string]: JsonValue } | undefined
}

export interface CompileExecutionRequest {
  readonly pipeline: Pipeline
  /** By `name` for a pipeline's variable, `stage.name` for a stage's and `stage.group.name` for a step group's. */
  readonly inputs: Readonly<Record<string, JsonValue>>
  readonly facts: ExecutionFacts
  readonly timings: ExecutionTimings
  /** Makes the ids of groups (`group`) and step runs (`step`); random ones unless a test wants its own. */
  readonly createId?: ((prefix: 'group' | 'step') => string) | undefined
}

export interface CompileExecutionResult {
  /** There when there is no error. */
  readonly state?: ExecutionState
  readonly diagnostics: readonly Diagnostic[]
}

/** Binds a run's inputs and builds the state that its `started` event sets in motion. Never throws for input. */
export function compileExecution(request: CompileExecutionRequest): CompileExecutionResult {
  const { pipeline, facts, timings } = request
  const report = new Report(undefined)
  const inputs = bindInputs(pipeline, request.inputs, report)
  const trigger = toStorableJson(facts.trigger ?? {}, limits.outputBytesMax)
  if (trigger === undefined) {
    report.error(
      'PIPELINE_TRIGGER_TOO_LARGE',
      `The trigger's facts are too deep or have more than ${limits.outputBytesMax} characters.`,
    )
  }
  if (report.errors > 0 || trigger === undefined) return { diagnostics: report.diagnostics() }

  const createId = request.createId ?? ((prefix) => createRandomId(prefix, facts.startedAt))
  const base: ExecutionState = {
    version: 1,
    executionId: facts.executionId,
    org: facts.org,
    project: facts.project,
    pipeline: { identifier: pipeline.identifier, name: pipeline.name },
    sequence: facts.sequence,
    triggeredBy: { name: facts.triggeredBy.name },
    trigger,
    timings: {
      queueTimeoutMs: timings.queueTimeoutMs,
      targetWaitMs: timings.targetWaitMs,
      cancelInterruptMs: timings.cancelInterruptMs,
      cancelForceMs: timings.cancelForceMs,
    },
    status: 'Pending',
    createdAt: facts.startedAt,
    variables: [],
    stages: pipeline.stages.map((stage) => stageState(pipeline, stage, inputs, createId)),
  }
  const variables = evaluateVariables(pipeline.variables, inputs.pipeline, isPipelineVariable, createLookup(base, {}))
  // What jsonb gives back is what is worked with from the first event on.
  const state = JSON.parse(JSON.stringify({ ...base, variables })) as ExecutionState
  return { state, diagnostics: report.diagnostics() }
}

type CreateId = (prefix: 'group' | 'step') => string

function stageState(pipeline: Pipeline, stage: Stage, inputs: BoundInputs, createId: CreateId): StageState {
  const selectors = stage.delegateSelectors.length > 0 ? stage.delegateSelectors : pipeline.delegateSelectors
  const nodeState = (node: StageNode): StageNodeState => {
    if (node.kind === 'parallel') return { kind: 'parallel', nodes: node.nodes.map((member) => single(member)) }
    return single(node)
  }
  const single = (node: Step | StepGroup): GroupState =>
    groupState(node, selectors, inputs.inner.get(`${stage.identifier}.${node.identifier}`) ?? [], createId)
  return {
    identifier: stage.identifier,
    name: stage.name,
    status: 'Pending',
    when: whenState(stage.when),
    definitions: stage.variables,
    inputs: inputs.inner.get(stage.identifier) ?? [],
    variables: [],
    nodes: stage.nodes.map(nodeState),
  }
}

function groupState(
  node: Step | StepGroup,
  inherited: readonly Template[],
  inputs: readonly VariableState[],
  createId: CreateId,
): GroupState {
  const common = {
    kind: 'group' as const,
    groupId: createId('group'),
    identifier: node.identifier,
    name: node.name,
    status: 'Pending' as const,
    when: whenState(node.when),
    attemptNumber: 0,
    endedAttemptIds: [],
  }
  if (node.kind === 'step') {
    // The group carries the step's condition, so that nothing is placed for a step that will not run.
    const step: StepState = { ...stepState(node, createId), when: { status: 'All' } }
    return { ...common, implicit: true, selectors: selectorsOf([node], inherited), nodes: [step] }
  }
  const own = node.delegateSelectors.length > 0 ? node.delegateSelectors : inherited
  const steps = node.nodes.flatMap((member): readonly Step[] => (member.kind === 'parallel' ? member.nodes : [member]))
  return {
    ...common,
    implicit: false,
    ...(node.infra === undefined ? {} : { infra: node.infra }),
    ...(node.variables.length === 0 ? {} : { definitions: node.variables, inputs }),
    selectors: selectorsOf(steps, own),
    nodes: node.nodes.map((member: Step | Parallel<Step>) =>
      member.kind === 'parallel'
        ? { kind: 'parallel', nodes: member.nodes.map((step) => stepState(step, createId)) }
        : stepState(member, createId),
    ),
  }
}

/** Each step asks for its own selectors or, without any, for those around it; the group's task needs a delegate that has them all. */
function selectorsOf(steps: readonly Step[], inherited: readonly Template[]): Template[] {
  const all = steps.flatMap((step) => (step.delegateSelectors.length > 0 ? step.delegateSelectors : inherited))
  const unique = new Map(all.map((template) => [JSON.stringify(withoutPlaces(template)), template]))
  return [...unique.values()]
}

function withoutPlaces(template: Template): unknown {
  return template.map((part) => (part.kind === 'expression' ? { kind: part.kind, expression: part.expression } : part))
}

function stepState(step: Step, createId: CreateId): StepState {
  return {
    kind: 'step',
    stepRunId: createId('step'),
    identifier: step.identifier,
    name: step.name,
    status: 'Pending',
    when: whenState(step.when),
    spec: step.spec,
    timeoutMs: step.timeoutMs,
    ignoreFailure: step.ignoreFailure,
  }
}

function whenState(when: When): WhenState {
  return when.condition === undefined ? { status: when.status } : { status: when.status, condition: when.condition }
}
