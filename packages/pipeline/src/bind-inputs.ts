import { didYouMean } from '@sluice/base'
import type { VariableState, VariableValue } from './execution-state.ts'
import type { JsonValue, Pipeline, Variable } from './model.ts'
import { groupsIn } from './node-positions.ts'
import { secretRefPattern } from './parse-expression.ts'
import { parseNumber } from './parse-variables.ts'
import { quote } from './report.ts'
import type { Report } from './report.ts'
import { templateLengthMax } from './template.ts'

/** What a run gave to the variables, by scope. */
export interface BoundInputs {
  readonly pipeline: readonly VariableState[]
  /** By `stage` for a stage's variables and `stage.group` for those of a step group. */
  readonly inner: ReadonlyMap<string, readonly VariableState[]>
}

/** An input that a pipeline takes: `name`, `stage.name` for a stage's variable, `stage.group.name` for a step group's. */
export interface InputDefinition {
  readonly key: string
  readonly variable: Variable
  /** `stage` or `stage.group`, whose variable it is; the pipeline's own without. */
  readonly owner?: string
}

/** The inputs that a run may give, in order of declaration: for forms and completion. */
export function listInputs(pipeline: Pipeline): InputDefinition[] {
  return listVariables(pipeline).filter(({ variable }) => variable.input)
}

function listVariables(pipeline: Pipeline): InputDefinition[] {
  const owned = (owner: string, variables: readonly Variable[]): InputDefinition[] =>
    variables.map((variable) => ({ key: `${owner}.${variable.name}`, variable, owner }))
  const ofStages = pipeline.stages.flatMap((stage) => [
    ...owned(stage.identifier, stage.variables),
    ...groupsIn(stage).flatMap((group) => owned(`${stage.identifier}.${group.identifier}`, group.variables)),
  ])
  return [...pipeline.variables.map((variable) => ({ key: variable.name, variable })), ...ofStages]
}

/** Checks a run's inputs against the variables. Values are data: an expression in one stays text. */
export function bindInputs(pipeline: Pipeline, inputs: Readonly<Record<string, JsonValue>>, report: Report): BoundInputs {
  const definitions = listInputs(pipeline)
  const given = new Map(Object.entries(inputs))
  const ofPipeline: VariableState[] = []
  const inner = new Map<string, VariableState[]>()
  for (const { key, variable, owner } of definitions) {
    const input = given.get(key)
    given.delete(key)
    if (input === undefined) {
      if (variable.required && variable.value === undefined) {
        const hint = `Give it a value: --input ${key}=…`
        report.error('PIPELINE_INPUT_MISSING', `The input ${quote(key)} is required.`, undefined, hint)
      }
      continue
    }
    const value = bindValue(key, variable, input, report)
    if (value === undefined) continue
    const bound = { name: variable.name, type: variable.type, value }
    if (owner === undefined) ofPipeline.push(bound)
    else inner.set(owner, [...(inner.get(owner) ?? []), bound])
  }
  for (const key of given.keys()) reportUnknown(pipeline, key, definitions, report)
  return { pipeline: ofPipeline, inner }
}

function reportUnknown(pipeline: Pipeline, key: string, definitions: readonly InputDefinition[], report: Report): void {
  if (listVariables(pipeline).some((variable) => variable.key === key)) {
    const hint = 'Write value: <+input>.default(…) in the pipeline to let a run choose it.'
    report.error('PIPELINE_INPUT_FIXED', `The variable ${quote(key)} has a fixed value.`, undefined, hint)
    return
  }
  const keys = definitions.map((definition) => definition.key)
  const near = didYouMean(key, keys)
  const known = keys.length === 0 ? 'The pipeline takes no inputs.' : `It has ${keys.slice(0, 20).join(', ')}.`
  const hint = near === undefined ? known : `Did you mean "${near}"?`
  report.error('PIPELINE_INPUT_UNKNOWN', `The pipeline has no input ${quote(key)}.`, undefined, hint)
}

function bindValue(key: string, variable: Variable, input: JsonValue, report: Report): VariableValue | undefined {
  const fail = (problem: string, hint?: string): undefined => {
    report.error('PIPELINE_INPUT_INVALID', `The input ${quote(key)} ${problem}.`, undefined, hint)
    return undefined
  }
  if (input === null || typeof input === 'object') return fail('has to be a text or a number')
  const text = String(input)
  if (text.length > templateLengthMax) return fail(`has more than ${templateLengthMax} characters`)
  if (text.includes('\0')) return fail('contains a NUL character')
  if (!text.isWellFormed()) return fail('is not valid Unicode')
  if (variable.allowedValues !== undefined && !variable.allowedValues.includes(text)) {
    const hint = `Allowed are ${variable.allowedValues.slice(0, 20).join(', ')}.`
    return fail('is not one of the allowed values', hint)
  }
  if (variable.type === 'Secret') {
    if (secretRefPattern.test(text)) return { kind: 'secret', ref: text }
    return fail('has to be the name of a secret, not its value', 'Store the value with `sluice secret set`.')
  }
  if (variable.type === 'String') return { kind: 'value', value: text }
  const value = typeof input === 'number' && Number.isFinite(input) ? input : parseNumber(text)
  return value === undefined ? fail('has to be a number') : { kind: 'value', value }
}
