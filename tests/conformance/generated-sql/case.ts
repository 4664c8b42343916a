/** One change as a changelog has it: its name, and its attributes and parts. */
export interface SqlCase {
  /** Unique among all cases, readable: what differs from the plain form of the change. */
  readonly id: string
  readonly change: Readonly<Record<string, unknown>>
  readonly objectQuotingStrategy?: 'LEGACY' | 'QUOTE_ALL_OBJECTS' | 'QUOTE_ONLY_RESERVED_WORDS'
  readonly modifySql?: readonly unknown[]
}

type Attributes = Readonly<Record<string, unknown>>

/** The plain form of a change, and one case for each value of each further attribute. */
export function vary(name: string, base: Attributes, further: Readonly<Record<string, readonly unknown[]>> = {}): SqlCase[] {
  const cases: SqlCase[] = [{ id: `${name}`, change: { [name]: base } }]
  for (const [attribute, values] of Object.entries(further)) {
    for (const value of values) {
      cases.push({ id: `${name} ${attribute}=${label(value)}`, change: { [name]: { ...base, [attribute]: value } } })
    }
  }
  return cases
}

/** Forms of a change that are not one attribute away from its plain one, by what they show. */
export function forms(name: string, changes: Readonly<Record<string, Attributes>>): SqlCase[] {
  return Object.entries(changes).map(([what, attributes]) => ({ id: `${name}: ${what}`, change: { [name]: attributes } }))
}

/** A `columns` list from plain objects. */
export function columns(...list: readonly Attributes[]): readonly { readonly column: Attributes }[] {
  return list.map((column) => ({ column }))
}

function label(value: unknown): string {
  // An id stands in one line of a preview.
  return typeof value === 'string' && !value.includes('\n') ? value : JSON.stringify(value)
}
