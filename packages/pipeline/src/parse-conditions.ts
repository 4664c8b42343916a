import { secretsOf } from './expression.ts'
import { failureErrors, fieldTables, laterFailureActions } from './fields.ts'
import type { Condition, When, WhenStatus } from './model.ts'
import { expressionLengthMax, parseExpression } from './parse-expression.ts'
import { isEmptyNode } from './yaml-node.ts'
import type { YamlNode } from './yaml-node.ts'
import type { YamlReader } from './yaml-reader.ts'

/** `when` of a stage (`pipelineStatus`) or of a group or step (`stageStatus`). Without one: only on success. */
export function parseWhen(reader: YamlReader, node: YamlNode | undefined, level: 'stage' | 'node', what: string): When {
  const map = node === undefined || isEmptyNode(node) ? undefined : reader.map(node, `"when" of ${what}`)
  if (map === undefined) return { status: 'Success' }
  const fields = reader.fields(map, fieldTables.when, `"when" of ${what}`)
  const statusField = level === 'stage' ? 'pipelineStatus' : 'stageStatus'
  const otherField = level === 'stage' ? 'stageStatus' : 'pipelineStatus'
  const other = fields.get(otherField)
  if (other !== undefined) {
    const hint = `Write ${statusField} here.`
    reader.report.error('PIPELINE_WHEN', `"when" of ${what} cannot have ${otherField}.`, other.place, hint)
  }
  const words: readonly WhenStatus[] = ['Success', 'Failure', 'All']
  const status = reader.choice(fields.get(statusField), `${statusField} of ${what}`, words) ?? 'Success'
  const condition = parseCondition(reader, fields.get('condition'), `The condition of ${what}`)
  return condition === undefined ? { status } : { status, condition }
}

function parseCondition(reader: YamlReader, node: YamlNode | undefined, what: string): Condition | undefined {
  const scalar = reader.text(node, what)
  if (scalar === undefined || scalar.text.trim() === '') return undefined
  if (scalar.text.length > expressionLengthMax) {
    reader.report.error('EXPRESSION_TOO_LONG', `${what} has more than ${expressionLengthMax} characters.`, scalar.place)
    return undefined
  }
  if (/^\s*<\+\s*input\s*>/.test(scalar.text)) {
    const hint = 'Declare a variable with the value <+input> and compare it: <+pipeline.variables.NAME> == "…".'
    reader.report.error('PIPELINE_NOT_SUPPORTED_YET', `${what} cannot be a runtime input itself yet.`, scalar.place, hint)
    return undefined
  }
  const parsed = parseExpression(scalar.text)
  if (!parsed.ok) {
    const { problem } = parsed
    reader.report.error(problem.code, `${what}: ${problem.message}`, reader.placeIn(scalar, problem.offset), problem.hint)
    return undefined
  }
  const [secret] = secretsOf(parsed.expression)
  if (secret !== undefined) {
    const hint = 'Only the delegate opens secrets, and conditions are decided before it is asked.'
    reader.report.error(
      'PIPELINE_SECRET_NOT_ALLOWED',
      `${what} cannot hold a secret.`,
      reader.placeIn(scalar, secret.offset),
      hint,
    )
    return undefined
  }
  return { expression: scalar.text, place: scalar.place }
}

/**
 * `failureStrategies`: accepted are the empty list, `MarkAsFailure` (what happens anyway) and, on a step, `Ignore` for all errors.
 * Returns whether failures are ignored.
 */
export function parseFailureStrategies(
  reader: YamlReader,
  node: YamlNode | undefined,
  level: 'step' | 'other',
  what: string,
): boolean {
  let ignore = false
  for (const item of reader.list(node, `"failureStrategies" of ${what}`)?.items ?? []) {
    const strategy = reader.map(item, `A failure strategy of ${what}`)
    if (strategy === undefined) continue
    const onFailureNode = reader.fields(strategy, fieldTables.failureStrategy, 'a failure strategy').get('onFailure')
    const onFailure = reader.map(onFailureNode, `"onFailure" of ${what}`)
    if (onFailure === undefined) {
      if (onFailureNode === undefined) {
        reader.report.error('PIPELINE_MISSING_FIELD', `A failure strategy of ${what} needs "onFailure".`, strategy.place)
      }
      continue
    }
    const fields = reader.fields(onFailure, fieldTables.onFailure, '"onFailure"')
    const errors = (reader.list(fields.get('errors'), `"errors" of ${what}`)?.items ?? []).map((error) =>
      reader.choice(error, 'The error', failureErrors),
    )
    const actionNode = fields.get('action')
    const action = reader.map(actionNode, `"action" of ${what}`)
    const typeNode = action === undefined ? undefined : reader.fields(action, fieldTables.action, '"action"').get('type')
    if (typeNode === undefined) {
      reader.report.error('PIPELINE_MISSING_FIELD', `A failure strategy of ${what} needs an action with a type.`, onFailure.place)
      continue
    }
    const actions: readonly ('Ignore' | 'MarkAsFailure')[] = level === 'step' ? ['Ignore', 'MarkAsFailure'] : ['MarkAsFailure']
    const later = level === 'step' ? laterFailureActions : [...laterFailureActions, 'Ignore']
    const type = reader.choice(typeNode, `The failure action of ${what}`, actions, later)
    if (type !== 'Ignore') continue
    if (errors.includes('AllErrors')) ignore = true
    else if (!errors.includes(undefined)) {
      const message = `Ignore for some kinds of errors only is not supported yet (${what}).`
      reader.report.error('PIPELINE_NOT_SUPPORTED_YET', message, typeNode.place, 'Write errors: [AllErrors].')
    }
  }
  return ignore
}
