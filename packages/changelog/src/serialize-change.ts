import type { ChangeNode } from './model.ts'

/**
 * The text of a modelled change that checksums are taken over: Liquibase's string form, byte for byte. Fields are sorted as
 * whole lines, equal ones appear once, nested objects have no name of their own.
 */
export function serializeChange(node: ChangeNode, excluded: ReadonlySet<string> = new Set()): string {
  return `${node.name}:${serializeObject(node, 0, excluded)}`
}

function serializeObject(node: ChangeNode, level: number, excluded: ReadonlySet<string>): string {
  const indent = '    '.repeat(level + 1)
  const fields = new Set<string>()
  for (const [name, value] of Object.entries(node.attributes)) {
    if (!excluded.has(name)) fields.add(`${indent}${name}="${value}"`)
  }
  const columns: ChangeNode[] = []
  for (const child of node.children) {
    // Parameters of a where clause and arguments of a command are not part of it.
    if (child.name === 'column') columns.push(child)
    else if (child.name === 'constraints') fields.add(`${indent}${serializeObject(child, level + 1, noExclusions)}`)
  }
  if (columns.length > 0) fields.add(`${indent}columns=${serializeList(columns, level + 1)}`)
  const closing = `${'    '.repeat(level)}]`
  const lines = [...fields].sort()
  return lines.length === 0 ? `[${closing}` : `[\n${lines.join('\n')}\n${closing}`
}

function serializeList(nodes: readonly ChangeNode[], level: number): string {
  const indent = '    '.repeat(level + 1)
  const items = nodes.map((node) => `${indent}${serializeObject(node, level + 1, noExclusions)}`)
  return `[\n${items.join(',\n')}\n${'    '.repeat(level)}]`
}

const noExclusions: ReadonlySet<string> = new Set()
