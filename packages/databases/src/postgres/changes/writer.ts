import type { Diagnostic } from '@sluice/base'
import type { ChangeNode, GenerateContext, ModelledChange } from '@sluice/engine'
import { isReservedWord, quoteName, quotePhysicalName } from '../names.ts'

/** What the generator of one change type works with: the change's attributes, names as SQL, and problems. */
export interface ChangeWriter {
  readonly change: ModelledChange
  /** An attribute; undefined when it is missing or empty. */
  readonly get: (name: string) => string | undefined
  /** An attribute that the change cannot do without; missing, it is a diagnostic and reads as an empty text. */
  readonly need: (name: string) => string
  readonly isTrue: (name: string) => boolean
  /** A column, constraint or other name without schema. */
  readonly name: (name: string) => string
  /** A list of column names, `a, b` as written in one attribute. */
  readonly nameList: (names: string) => string
  /** A table, view, sequence or index with its schema: its own, else the default one. */
  readonly qualified: (name: string, schema: string | undefined) => string
  /** The schema as SQL; undefined when there is none (offline). */
  readonly schema: (schema: string | undefined) => string | undefined
  /** Reports an attribute that PostgreSQL has no way to do. */
  readonly refuse: (attribute: string, hint?: string) => void
}

export type ChangeGenerator = (writer: ChangeWriter) => readonly string[]

export function createWriter(change: ModelledChange, context: GenerateContext, diagnostics: Diagnostic[]): ChangeWriter {
  const { attributes } = change.node
  const report = (code: string, message: string, hint: string): void => {
    diagnostics.push({ severity: 'error', code, message, ...change.place, hint })
  }
  const quote = quoter(context)
  const schemaSql = (schema: string | undefined): string | undefined =>
    schema === undefined
      ? context.defaultSchema === undefined
        ? undefined
        : quotePhysicalName(context.defaultSchema)
      : quote(schema)
  return {
    change,
    get: (name) => {
      const value = attributes[name]
      return value === undefined || value === '' ? undefined : value
    },
    need: (name) => {
      const value = attributes[name]
      if (value !== undefined && value !== '') return value
      report('CHANGE_ATTRIBUTE_MISSING', `The change "${change.name}" has no "${name}".`, 'Add it.')
      return ''
    },
    isTrue: (name) => attributes[name]?.toLowerCase() === 'true',
    name: quote,
    nameList: (names) => splitNames(names).map(quote).join(', '),
    qualified: (name, schema) => {
      const prefix = schemaSql(schema)
      return prefix === undefined ? quote(name) : `${prefix}.${quote(name)}`
    },
    schema: schemaSql,
    refuse: (attribute, hint) => {
      report(
        'CHANGE_ATTRIBUTE_UNSUPPORTED',
        `The attribute "${attribute}" of "${change.name}" cannot be done on postgresql.`,
        hint ?? 'Leave it out, or limit the changeset with dbms to the databases that have it.',
      )
    },
  }
}

export function childrenOf(node: ChangeNode, name: string): readonly ChangeNode[] {
  return node.children.filter((child) => child.name === name)
}

export function splitNames(names: string): string[] {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function quoter(context: GenerateContext): (name: string) => string {
  if (context.objectQuotingStrategy === 'LEGACY') return quoteName
  const always = context.objectQuotingStrategy === 'QUOTE_ALL_OBJECTS'
  return (name) => (always || isReservedWord(name) ? `"${name.replaceAll('"', '""')}"` : name)
}
