import type { Precondition, PreconditionGroup, PreconditionName } from './model.ts'
import { preconditionAttributes } from './model.ts'
import { AttributeReader, reportText, reportUnknown } from './read-attributes.ts'
import type { FileContext, ParseSession } from './session.ts'
import type { SourceNode } from './source-node.ts'
import { expandAt } from './session.ts'

const groupAttributes = ['onFail', 'onError', 'onFailMessage', 'onErrorMessage', 'onSqlOutput', 'onUpdateSQL'] as const
export const preconditionOutcomes = ['HALT', 'CONTINUE', 'MARK_RAN', 'WARN'] as const
export const sqlOutputChoices = ['IGNORE', 'TEST', 'FAIL'] as const
const containers = ['and', 'or', 'not'] as const
const testNames = Object.keys(preconditionAttributes)
const nestingMax = 50

/** Reads `preConditions` of a changeset or changelog. */
export function readPreconditions(session: ParseSession, context: FileContext, node: SourceNode): PreconditionGroup {
  const names: readonly string[] = groupAttributes
  reportText(session, node)
  const reader = new AttributeReader(
    session,
    context,
    { ...node, children: node.children.filter((child) => names.includes(child.name)) },
    { owner: 'preConditions', known: groupAttributes },
  )
  return {
    onFail: reader.choice('onFail', preconditionOutcomes) ?? 'HALT',
    onError: reader.choice('onError', preconditionOutcomes) ?? 'HALT',
    onSqlOutput: reader.choice('onSqlOutput', sqlOutputChoices) ?? reader.choice('onUpdateSQL', sqlOutputChoices) ?? 'IGNORE',
    onFailMessage: reader.text('onFailMessage'),
    onErrorMessage: reader.text('onErrorMessage'),
    conditions: node.children
      .filter((child) => !names.includes(child.name))
      .flatMap((child) => readPrecondition(session, context, child, 0)),
    place: node.place,
  }
}

function readPrecondition(session: ParseSession, context: FileContext, node: SourceNode, depth: number): readonly Precondition[] {
  if (depth > nestingMax) {
    session.reporter.error(node.place, 'CHANGELOG_TOO_DEEP', 'The preconditions are nested too deeply.')
    return []
  }
  const container = containers.find((name) => name === node.name)
  if (container !== undefined) {
    reportText(session, node)
    const children = node.children.flatMap((child) => readPrecondition(session, context, child, depth + 1))
    if (children.length === 0 && node.text === undefined) {
      session.reporter.error(node.place, 'CHANGELOG_EMPTY_CONDITION', `"${container}" holds no precondition.`)
    }
    return [{ type: container, children, place: node.place }]
  }
  if (node.name === 'customPrecondition') {
    const hint = 'It runs a Java class, which only Liquibase itself can do: write it as sqlCheck.'
    session.reporter.error(
      node.place,
      'CHANGELOG_UNSUPPORTED_PRECONDITION',
      'The precondition "customPrecondition" is not supported.',
      hint,
    )
    return []
  }
  if (!isPreconditionName(node.name)) {
    reportUnknown(session, node, 'preConditions', [...containers, ...testNames])
    return []
  }
  const spec = preconditionAttributes[node.name]
  const known = [...spec.required, ...spec.optional]
  const reader = new AttributeReader(session, context, node, { owner: node.name, known })
  const attributes: Record<string, string> = {}
  for (const name of known) {
    const value = reader.text(name)
    if (value !== undefined) attributes[name] = value
  }
  if (node.name === 'sqlCheck' && node.text !== undefined) attributes['sql'] ??= expandAt(session, context, node.text, node.place)
  for (const name of spec.required) {
    if (attributes[name] !== undefined) continue
    session.reporter.error(node.place, 'CHANGELOG_MISSING_FIELD', `The precondition "${node.name}" needs "${name}".`)
  }
  return [{ type: 'test', name: node.name, attributes, place: node.place }]
}

export function isPreconditionName(name: string): name is PreconditionName {
  return Object.hasOwn(preconditionAttributes, name)
}
