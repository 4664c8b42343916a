import type { Change, Changeset } from '@sluice/changelog'

const lengthMax = 250

/** The DESCRIPTION column: each change with its naming attributes, as Liquibase composes it. */
export function describeChanges(changeset: Changeset): string {
  if (changeset.changes.length === 0) return 'empty'
  return cut(changeset.changes.map(describeChange).join('; '))
}

/** COMMENTS: never NULL, the first 250 characters. */
export function describeComments(changeset: Changeset): string {
  return cut(changeset.comment)
}

/** CONTEXTS: inherited and own expressions, those with operators in parentheses, joined with AND; NULL when there are none. */
export function describeContexts(changeset: Changeset): string | null {
  const expressions = [...changeset.inheritedContexts, changeset.context ?? '']
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => (isComplex(text) ? `(${text.replace(/^\((.*)\)$/s, '$1')})` : text))
  return expressions.length === 0 ? null : expressions.join(' AND ')
}

/** LABELS: lower case, joined with commas; NULL when there are none. */
export function describeLabels(changeset: Changeset): string | null {
  const labels = [...changeset.inheritedLabels.flat(), ...changeset.labels].map((label) => label.toLowerCase())
  return labels.length === 0 ? null : [...new Set(labels)].join(',')
}

function describeChange(change: Change): string {
  if (change.type === 'sql') return 'sql'
  if (change.type === 'sqlFile') return `sqlFile path=${change.path}`
  const shown = Object.entries(change.node.attributes)
    .filter(([name]) => {
      const lower = name.toLowerCase()
      return (lower.endsWith('name') && !lower.includes('schema') && !lower.includes('catalog')) || lower === 'path'
    })
    .map(([name, value]) => `${name}=${value}`)
    .toSorted(compareText)
  return shown.length === 0 ? change.name : `${change.name} ${shown.join(', ')}`
}

function isComplex(expression: string): boolean {
  return /[\s,()!]/.test(expression)
}

function cut(text: string): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 3)}...`
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
