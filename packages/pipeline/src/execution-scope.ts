import type { ExecutionState, GroupState, StageState, StepState, VariableState } from './execution-state.ts'
import type { Lookup } from './expression.ts'
import type { JsonValue } from './model.ts'
import { parseReference } from './reference.ts'
import type { PipelineFact, Reference } from './reference.ts'
import { quote } from './report.ts'
import { groupsOf, hasStageFailed, stepsOf } from './state-queries.ts'

/** From where in an execution an expression is evaluated. */
export interface ScopePosition {
  readonly stage?: StageState | undefined
  readonly group?: GroupState | undefined
  readonly step?: StepState | undefined
}

type Found = ReturnType<Lookup>

/** Values of references as an execution stands now. */
export function createLookup(state: ExecutionState, position: ScopePosition): Lookup {
  return (segments) => {
    const result = parseReference(segments)
    if (!result.ok) return result
    return lookup(state, position, result.reference, segments.join('.'))
  }
}

function lookup(state: ExecutionState, position: ScopePosition, reference: Reference, text: string): Found {
  switch (reference.kind) {
    case 'pipelineFact':
      return value(pipelineFact(state, reference.fact))
    case 'pipelineStatus':
      return value(state.status === 'Running' && state.stages.some(hasStageFailed) ? 'Failed' : state.status)
    case 'pipelineVariable':
      return variable(state.variables, reference.name, 'pipeline')
    case 'trigger':
      return inside(state.trigger, reference.keys, `This execution was not started by something that sets <+${text}>.`)
    case 'ownFact': {
      const node = reference.of === 'step' ? (position.step ?? onlyStep(position.group)) : position.group
      return node === undefined ? missing(`There is no ${reference.of} here.`) : value(node[reference.fact])
    }
    default: {
      const { stage: identifier } = reference
      const stage =
        identifier === undefined ? position.stage : state.stages.find((candidate) => candidate.identifier === identifier)
      if (stage === undefined) return missing(`There is no stage ${quote(identifier ?? '')} here.`)
      return inStage(stage, reference, text, position.group)
    }
  }
}

function inStage(
  stage: StageState,
  reference: Extract<
    Reference,
    { kind: 'stageFact' | 'stageStatus' | 'stageVariable' | 'groupVariable' | 'nodeStatus' | 'output' }
  >,
  text: string,
  own: GroupState | undefined,
): Found {
  switch (reference.kind) {
    case 'stageFact':
      return value(stage[reference.fact])
    case 'stageStatus':
      return value(stage.status === 'Running' && hasStageFailed(stage) ? 'Failed' : stage.status)
    case 'stageVariable':
      return variable(stage.variables, reference.name, `stage ${quote(stage.identifier)}`)
    case 'groupVariable': {
      const { group: identifier } = reference
      const group = identifier === undefined ? own : groupsOf(stage).find((candidate) => candidate.identifier === identifier)
      if (group === undefined || group.implicit) {
        return missing(
          identifier === undefined ? 'There is no step group here.' : `There is no step group ${quote(identifier)} here.`,
        )
      }
      const owner = `step group ${quote(group.identifier)}`
      // Its stage may have been skipped.
      if (group.variables === undefined && group.definitions !== undefined) {
        return missing(`The variables of the ${owner} have no values: it was not reached.`)
      }
      return variable(group.variables ?? [], reference.name, owner)
    }
    default: {
      const [first, second] = reference.path
      const group = groupsOf(stage).find((candidate) => candidate.identifier === first)
      if (group === undefined) return missing(`There is no ${quote(first ?? '')} in stage ${quote(stage.identifier)}.`)
      const step =
        second === undefined
          ? onlyStep(group)
          : stepsOf(group).find((candidate) => candidate.identifier === second && !group.implicit)
      if (reference.kind === 'nodeStatus' && second === undefined) return value(step?.status ?? group.status)
      if (step === undefined) return missing(`There is no step ${quote(second ?? first ?? '')} that <+${text}> could mean.`)
      if (reference.kind === 'nodeStatus') return value(step.status)
      const why = `Step ${quote(step.identifier)} has no output ${quote(reference.keys.join('.'))}; it is ${step.status}.`
      const keys = outputKeys(step, reference.keys)
      const secret = secretOutputOf(step, keys)
      if (secret !== undefined) return secret
      return inside(step.outputs ?? {}, keys, why)
    }
  }
}

/** Outputs of type Secret are no values here: they stand for themselves where secrets may, in later steps of their group. */
function secretOutputOf(step: StepState, keys: readonly string[]): Found | undefined {
  const [name] = keys
  if (step.spec.type !== 'Run' || keys.length !== 1 || name === undefined) return undefined
  if (!step.spec.outputVariables.some((output) => output.name === name && output.type === 'Secret')) return undefined
  const message = `The output ${quote(name)} of step ${quote(step.identifier)} is a secret and cannot be part of a text.`
  return { ok: false, message, secretOutput: { stepRunId: step.stepRunId, name } }
}

/** The outputs of scripts are named `output.outputVariables.NAME`, which says no more than `output.NAME`. */
function outputKeys(step: StepState, keys: readonly string[]): readonly string[] {
  return step.spec.type === 'Run' && keys.length > 1 && keys[0] === 'outputVariables' ? keys.slice(1) : keys
}

function onlyStep(group: GroupState | undefined): StepState | undefined {
  return group?.implicit === true ? stepsOf(group)[0] : undefined
}

function pipelineFact(state: ExecutionState, fact: PipelineFact): JsonValue {
  switch (fact) {
    case 'identifier':
      return state.pipeline.identifier
    case 'name':
      return state.pipeline.name
    case 'executionId':
      return state.executionId
    case 'sequenceId':
      return state.sequence
    case 'startTs':
      return state.createdAt
    case 'triggeredBy.name':
      return state.triggeredBy.name
    case 'orgIdentifier':
      return state.org
    case 'projectIdentifier':
      return state.project
  }
}

function variable(variables: readonly VariableState[], name: string, owner: string): Found {
  const found = variables.find((candidate) => candidate.name === name)
  if (found === undefined) return missing(`The ${owner} has no variable ${quote(name)}.`)
  if (found.value.kind === 'value') return value(found.value.value)
  if (found.value.kind === 'secret') {
    const message = `The variable ${quote(name)} is a secret and cannot be part of a text.`
    return { ok: false, message, secretRef: found.value.ref }
  }
  return missing(`The variable ${quote(name)} has no value: ${found.value.message}`)
}

function inside(root: JsonValue, keys: readonly string[], why: string): Found {
  let current: JsonValue = root
  for (const key of keys) {
    if (current === null || typeof current !== 'object' || !Object.hasOwn(current, key)) return missing(why)
    current = (current as { readonly [key: string]: JsonValue })[key] ?? null
  }
  return value(current)
}

function value(found: JsonValue): Found {
  return { ok: true, value: found }
}

function missing(message: string): Found {
  return { ok: false, message }
}
