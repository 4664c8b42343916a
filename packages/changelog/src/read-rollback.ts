import type { Change, Rollback, SourcePlace, SqlChange } from './model.ts'
import { changeNames, isChangeName, readChange } from './read-change.ts'
import { reportUnknown } from './read-attributes.ts'
import { expandAt, type FileContext, type ParseSession, type RollbackReference } from './session.ts'
import type { SourceNode } from './source-node.ts'

const referenceAttributes = ['changeSetId', 'changesetId', 'changeSetAuthor', 'changesetAuthor', 'changeSetPath', 'changesetPath']

/** Whether a rollback's text says that there is intentionally nothing to do. */
export function saysNothingToDo(text: string): boolean {
  return /^\s*(?:not required|empty)\b/i.test(text)
}

/** Raw SQL as a change: rollback SQL is split, and its comments are stripped. */
export function rollbackSql(text: string, options: Pick<SqlChange, 'place'> & Partial<SqlChange>): SqlChange {
  const defaults = { splitStatements: true, stripComments: true, endDelimiter: undefined, dbms: undefined, comment: undefined }
  return { ...defaults, ...options, type: 'sql', text: text.trim() }
}

/** Reads all `rollback` parts of a changeset; several are done in the order in which they stand. */
export function readRollback(session: ParseSession, context: FileContext, nodes: readonly SourceNode[]): Rollback {
  const [first] = nodes
  if (first === undefined) return { kind: 'none' }
  const changes: Change[] = []
  const references: RollbackReference[] = []
  const addChange = (node: SourceNode): void => {
    const change = readChange(session, context, node)
    if (change !== undefined) changes.push(change)
  }
  for (const node of nodes) {
    if (node.text !== undefined && node.text.trim() !== '' && !saysNothingToDo(node.text)) {
      changes.push(rollbackSql(expandAt(session, context, node.text, node.place), { place: node.place }))
    }
    const reference = readReference(session, context, node)
    if (reference !== undefined) references.push(reference)
    for (const child of node.children) {
      if (referenceAttributes.includes(child.name)) continue
      if (child.name === 'changes') child.children.forEach(addChange)
      else if (isChangeName(child.name)) addChange(child)
      else if (child.text !== undefined && child.name === '-') {
        changes.push(rollbackSql(expandAt(session, context, child.text, child.place), { place: child.place }))
      } else reportUnknown(session, child, 'rollback', [...changeNames, ...referenceAttributes])
    }
  }
  return combineRollback(session, changes, references, first.place)
}

/** Puts together what the rollback parts of one changeset say. References are filled when the whole changelog is known. */
export function combineRollback(
  session: ParseSession,
  changes: readonly Change[],
  references: readonly RollbackReference[],
  place: SourcePlace,
): Rollback {
  const [reference] = references
  if (reference === undefined) return changes.length === 0 ? { kind: 'empty', place } : { kind: 'changes', changes, place }
  if (changes.length > 0 || references.length > 1) {
    const message = 'A rollback that refers to another changeset cannot have anything else.'
    session.reporter.error(place, 'CHANGELOG_MIXED_ROLLBACK', message, 'Write the changes out, or keep one reference.')
  }
  session.references.push(reference)
  return { kind: 'reference', ...reference }
}

function readReference(session: ParseSession, context: FileContext, node: SourceNode): RollbackReference | undefined {
  const text = (...names: readonly string[]): string | undefined => {
    const child = node.children.find((candidate) => names.includes(candidate.name))
    return child?.text === undefined ? undefined : expandAt(session, context, child.text, child.place)
  }
  const id = text('changeSetId', 'changesetId')
  const author = text('changeSetAuthor', 'changesetAuthor')
  const path = text('changeSetPath', 'changesetPath')
  if (id === undefined && author === undefined && path === undefined) return undefined
  if (id === undefined || author === undefined) {
    const message = 'A rollback that refers to another changeset needs "changeSetId" and "changeSetAuthor".'
    session.reporter.error(node.place, 'CHANGELOG_MISSING_FIELD', message)
    return undefined
  }
  return { id, author, path: path ?? context.path, place: node.place, changes: [] }
}
