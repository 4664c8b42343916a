import { ExpressionError } from './evaluate-expression.ts'
import type { VariableState, VariableValue } from './execution-state.ts'
import type { Lookup } from './expression.ts'
import type { JsonValue, Variable } from './model.ts'
import { parseNumber } from './parse-variables.ts'
import { parseReference } from './reference.ts'
import type { Reference } from './reference.ts'
import { quote } from './report.ts'
import { evaluateTemplate } from './template.ts'
import { toText } from './evaluate-expression.ts'

/** Characters of all values of one scope together: they can multiply by referring to each other. */
const valuesLengthMax = 1_000_000

type VariableReference = Extract<Reference, { kind: 'pipelineVariable' | 'stageVariable' | 'groupVariable' }>

/** Whether a reference to a variable is to one of a certain scope. */
export type IsOwnVariable = (reference: VariableReference) => boolean

/** References to the pipeline's own variables. */
export const isPipelineVariable: IsOwnVariable = ({ kind }) => kind === 'pipelineVariable'

/** References from inside a stage to that stage's variables. */
export function isVariableOfStage(stage: string): IsOwnVariable {
  return (reference) => reference.kind === 'stageVariable' && (reference.stage ?? stage) === stage
}

/** References from inside a step group to that group's variables. */
export function isVariableOfGroup(stage: string, group: string): IsOwnVariable {
  return (reference) =>
    reference.kind === 'groupVariable' && (reference.stage ?? stage) === stage && (reference.group ?? group) === group
}

function isVariable(reference: Reference): reference is VariableReference {
  return reference.kind === 'pipelineVariable' || reference.kind === 'stageVariable' || reference.kind === 'groupVariable'
}

/**
 * The values of one scope's variables. They may refer to each other in any order; what has no value (a name that is missing, a
 * number that is none) becomes `unset` with the reason, and only a reference to it fails.
 *
 * @param isOwn whether a reference is to one of these variables.
 */
export function evaluateVariables(
  definitions: readonly Variable[],
  bound: readonly VariableState[],
  isOwn: IsOwnVariable,
  outer: Lookup,
): VariableState[] {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]))
  const values = new Map<string, VariableValue>(bound.map(({ name, value }) => [name, value]))
  const open = new Set<string>()
  let length = 0

  const lookup: Lookup = (segments) => {
    const result = parseReference(segments)
    const reference = result.ok ? result.reference : undefined
    if (reference === undefined || !isVariable(reference) || !isOwn(reference)) return outer(segments)
    const definition = byName.get(reference.name)
    if (definition === undefined) return { ok: false, message: `There is no variable ${quote(reference.name)}.` }
    const value = valueOf(definition)
    if (value.kind === 'value') return { ok: true, value: value.value }
    const why = value.kind === 'secret' ? 'is a secret and cannot be part of a text.' : `has no value: ${value.message}`
    return { ok: false, message: `The variable ${quote(reference.name)} ${why}` }
  }

  const valueOf = (definition: Variable): VariableValue => {
    const known = values.get(definition.name)
    if (known !== undefined) return known
    if (open.has(definition.name)) return { kind: 'unset', message: 'its value needs itself.' }
    open.add(definition.name)
    const value = evaluateVariable(definition, lookup)
    open.delete(definition.name)
    length += value.kind === 'value' ? String(value.value).length : 0
    const stored: VariableValue =
      length > valuesLengthMax ? { kind: 'unset', message: 'the variables are too long together.' } : value
    values.set(definition.name, stored)
    return stored
  }
  return definitions.map((definition) => ({ name: definition.name, type: definition.type, value: valueOf(definition) }))
}

function evaluateVariable(definition: Variable, lookup: Lookup): VariableValue {
  if (definition.value === undefined) {
    if (definition.type === 'Secret') return { kind: 'unset', message: 'no secret was given for it.' }
    return { kind: 'value', value: definition.type === 'String' ? '' : null }
  }
  const [only] = definition.value
  if (definition.type === 'Secret') {
    return only?.kind === 'secret' ? { kind: 'secret', ref: only.ref } : { kind: 'unset', message: 'no secret was given for it.' }
  }
  try {
    return toVariableValue(definition, evaluateTemplate(definition.value, lookup))
  } catch (error) {
    if (error instanceof ExpressionError) return { kind: 'unset', message: error.message }
    throw error
  }
}

function toVariableValue(definition: Variable, value: JsonValue): VariableValue {
  if (value === null) return { kind: 'value', value: null }
  if (definition.type === 'String') return { kind: 'value', value: toText(value) }
  const number = typeof value === 'number' ? value : typeof value === 'string' ? parseNumber(value) : undefined
  return number === undefined ? { kind: 'unset', message: 'its value is not a number.' } : { kind: 'value', value: number }
}
