import type { ColumnRow } from './column-text.ts'

/** A table and its parents, by their object ids. */
interface ChildRow {
  readonly oid: string
  readonly isPartition: boolean
  readonly parents: readonly (readonly [schema: string, name: string, oid: string, kind: string])[] | null
}

/**
 * Columns as a table has them when it is made: those of its parents in their order, then its own. One that joined its parents later may have
 * them otherwise, which nothing but making it anew would change.
 */
export function createColumnOrder(
  rows: readonly ChildRow[],
  columns: ReadonlyMap<string, readonly ColumnRow[]>,
): (oid: string) => readonly ColumnRow[] {
  const tables = new Map(rows.map((row) => [row.oid, row]))
  const known = new Map<string, readonly ColumnRow[]>()
  const inOrder = (oid: string): readonly ColumnRow[] => {
    const before = known.get(oid)
    if (before !== undefined) return before
    const own = columns.get(oid) ?? []
    const row = tables.get(oid)
    const parents = row === undefined || row.isPartition ? [] : (row.parents ?? [])
    if (parents.length === 0) return own
    const byName = new Map(own.map((column) => [column.name, column]))
    const ordered = new Set<ColumnRow>()
    for (const [, , parent] of parents) {
      for (const { name } of inOrder(parent)) {
        const column = byName.get(name)
        if (column?.isInherited === true) ordered.add(column)
      }
    }
    for (const column of own) ordered.add(column)
    known.set(oid, [...ordered])
    return [...ordered]
  }
  return inOrder
}
