import type { SqlVisitor } from './model.ts'
import { AttributeReader, reportText, reportUnknown } from './read-attributes.ts'
import type { FileContext, ParseSession } from './session.ts'
import type { SourceNode } from './source-node.ts'

const visitorNames = ['append', 'appendSqlIfNotPresent', 'prepend', 'replace', 'regExpReplace'] as const
const attributes = ['dbms', 'context', 'contextFilter', 'labels', 'applyToRollback']

/** Reads one `modifySql` block: conditions, and the visitors that they are for. */
export function readModifySql(session: ParseSession, context: FileContext, node: SourceNode): readonly SqlVisitor[] {
  reportText(session, node)
  const visitors = node.children.filter((child) => isVisitorName(child.name))
  const own = {
    ...node,
    children: node.children.filter((child) => !isVisitorName(child.name) && attributes.includes(child.name)),
  }
  for (const child of node.children) {
    if (!isVisitorName(child.name) && !attributes.includes(child.name))
      reportUnknown(session, child, 'modifySql', [...visitorNames, ...attributes])
  }
  const reader = new AttributeReader(session, context, own, { owner: 'modifySql', known: attributes })
  const shared = {
    dbms: reader.text('dbms'),
    context: reader.text('contextFilter') ?? reader.text('context'),
    labels: reader.text('labels'),
    applyToRollback: reader.boolean('applyToRollback') ?? false,
  }
  return visitors.flatMap((visitor): SqlVisitor[] => {
    const name = visitorNames.find((known) => known === visitor.name)
    if (name === undefined) return []
    const wanted = name === 'replace' || name === 'regExpReplace' ? ['replace', 'with'] : ['value']
    const values = new AttributeReader(session, context, visitor, { owner: name, known: wanted })
    const found: Record<string, string> = {}
    for (const key of wanted) {
      const value = values.text(key)
      if (value !== undefined) found[key] = value
      else session.reporter.error(visitor.place, 'CHANGELOG_MISSING_FIELD', `"${name}" needs "${key}".`)
    }
    return [{ name, attributes: found, ...shared, place: visitor.place }]
  })
}

function isVisitorName(name: string): boolean {
  return visitorNames.some((known) => known === name)
}
