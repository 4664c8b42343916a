import type { Diagnostic } from '@sluice/base'
import type { ChangeNode, GenerateContext, ModelledChange } from '@sluice/engine'
import type { Product } from './product.ts'
import type { ColumnType } from './types.ts'

type Attributes = Readonly<Record<string, string>>

/** What the generator of one change type works with: the change's attributes, names as SQL, and problems. */
export interface ChangeWriter {
  readonly product: Product
  readonly change: ModelledChange
  readonly context: GenerateContext
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
  readonly qualified: (name: string, schema: string | undefined, catalog?: string) => string
  /** The table that the change's own `tableName`, `schemaName` and `catalogName` name. */
  readonly table: () => string
  /** The schema as SQL, from the attributes of the change itself; undefined when there is none (offline). */
  readonly schema: (schema: string | undefined, catalog?: string) => string | undefined
  /** A type by its name in the changelog; reports a type that the database cannot have. */
  readonly type: (written: string) => ColumnType
  /** Reports an attribute that the database has no way to do. */
  readonly refuse: (attribute: string, hint?: string) => void
  /** Says that an attribute has no meaning on this database; Liquibase leaves it out without a word. */
  readonly ignore: (attribute: string) => void
  /** Reports what changes nothing but is hardly meant; at a place of its own. */
  readonly warn: (code: string, message: string, hint: string, place: ChangeNode['place']) => void
  /** Says that values would be written better if the types of their columns were known. */
  readonly awaitColumnTypes: () => void
  /** Reports any other reason why there is no SQL. */
  readonly report: (code: string, message: string, hint: string) => void
}

export type ChangeGenerator = (writer: ChangeWriter) => readonly string[]

export function createWriter(
  product: Product,
  change: ModelledChange,
  context: GenerateContext,
  diagnostics: Diagnostic[],
  awaitColumnTypes: () => void = () => {},
): ChangeWriter {
  const { attributes } = change.node
  const say = (severity: 'error' | 'warning', code: string, message: string, hint: string): void => {
    diagnostics.push({ severity, code, message, ...change.place, hint })
  }
  const report = (code: string, message: string, hint: string): void => {
    say('error', code, message, hint)
  }
  const quote = quoter(product, context)
  const get = (name: string): string | undefined => {
    const value = attributes[name]
    return value === undefined || value === '' ? undefined : value
  }
  const schema = (own: string | undefined, catalog?: string): string | undefined => {
    const named = product.usesCatalogs ? (catalog ?? own) : own
    if (named !== undefined && named !== '') return quote(named)
    if (!product.usesDefaultSchema || context.defaultSchema === undefined) return undefined
    const quotesAll = context.objectQuotingStrategy === 'QUOTE_ALL_OBJECTS'
    return quotesAll ? product.quoteAlways(context.defaultSchema) : product.quotePhysicalName(context.defaultSchema)
  }
  const qualified = (name: string, own: string | undefined, catalog?: string): string => {
    const prefix = schema(own, catalog)
    return prefix === undefined ? quote(name) : `${prefix}.${quote(name)}`
  }
  const need = (name: string): string => {
    const value = get(name)
    if (value !== undefined) return value
    report('CHANGE_ATTRIBUTE_MISSING', `The change "${change.name}" has no "${name}", which ${product.name} needs.`, 'Add it.')
    return ''
  }
  return {
    product,
    change,
    context,
    get,
    need,
    isTrue: (name) => isTrue(attributes, name),
    name: quote,
    nameList: (names) => splitNames(names).map(quote).join(', '),
    qualified,
    table: () => qualified(need('tableName'), get('schemaName'), get('catalogName')),
    schema,
    type: (written) => {
      const type = product.columnType(written)
      if (type.problem !== undefined) {
        report(
          'CHANGE_TYPE_UNSUPPORTED',
          `The type "${written}" of "${change.name}" cannot be on ${product.name}: ${type.problem}`,
          'Choose another type.',
        )
      }
      return type
    },
    refuse: (attribute, hint) => {
      report(
        'CHANGE_ATTRIBUTE_UNSUPPORTED',
        `The attribute "${attribute}" of "${change.name}" cannot be done on ${product.name}.`,
        hint ?? 'Leave it out, or limit the changeset with dbms to the databases that have it.',
      )
    },
    ignore: (attribute) => {
      say(
        'warning',
        'CHANGE_ATTRIBUTE_IGNORED',
        `The attribute "${attribute}" of "${change.name}" means nothing on ${product.name}, and is left out.`,
        'Leave it out, or limit the changeset with dbms to the databases that have it.',
      )
    },
    warn: (code, message, hint, place) => {
      diagnostics.push({ severity: 'warning', code, message, ...place, hint })
    },
    awaitColumnTypes,
    report,
  }
}

export function childrenOf(node: ChangeNode, name: string): readonly ChangeNode[] {
  return node.children.filter((child) => child.name === name)
}

export function isTrue(attributes: Attributes | undefined, name: string): boolean {
  return attributes?.[name]?.toLowerCase() === 'true'
}

export function isFalse(attributes: Attributes | undefined, name: string): boolean {
  return attributes?.[name]?.toLowerCase() === 'false'
}

export function splitNames(names: string): string[] {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/**
 * When a name is quoted under each strategy. Every strategy quotes reserved words and what is no plain identifier; LEGACY also
 * quotes mixed case where the database would fold it, QUOTE_ALL_OBJECTS everything.
 */
function quoter(product: Product, context: GenerateContext): (name: string) => string {
  const { objectQuotingStrategy } = context
  if (objectQuotingStrategy === 'QUOTE_ALL_OBJECTS') return product.quoteAlways
  const keepsCase = product.foldsCase && objectQuotingStrategy === 'LEGACY'
  return (name) => (needsQuotes(product, name, keepsCase) ? product.quoteAlways(name) : name)
}

/** Whether a name has to be quoted; `keepsCase` quotes names of mixed case too. */
export function needsQuotes(product: Pick<Product, 'isReservedWord'>, name: string, keepsCase: boolean): boolean {
  return (
    !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ||
    product.isReservedWord(name) ||
    (keepsCase && /[a-z]/.test(name) && /[A-Z]/.test(name))
  )
}
