import { maybeSeveral, mayCommitWith, quickLengthMax } from './statements.ts'
import type { Dialect } from '../dialect.ts'

const createTable = /^\s*create\s+(?:unlogged\s+)?table\s+(?!if\b)([^\s(]+)\s*\(/i
const createIndex = /^\s*create\s+(?:unique\s+)?index\s+(?:(?!concurrently\b)[^\s(]+\s+)?on\s+(?:only\s+)?([^\s(]+)[\s(]/i
/** Characters of INSERTs, of all tables together, after which none counts as small any more. */
const insertedMax = 1_000_000

/**
 * Tables that a run has created and put little into since, as its statements spell them. An index on one of them takes no time, as a rule, like
 * the statements that `mayCommitWith` knows: changelogs create most of their indexes right behind the table.
 */
export class NewTables {
  readonly #names = new Set<string>()
  #inserted = 0

  /** Statements of a changeset that has been committed, or will be before anything else runs. Those that may have filled any table make an end of all. */
  note(statements: readonly { readonly sql: string }[], dialect: Pick<Dialect, 'name' | 'transactionalDdl'>): void {
    for (const { sql } of statements) {
      if (!this.mayCommitWith(sql, dialect)) {
        this.#names.clear()
        continue
      }
      const name = createTable.exec(sql)?.[1]
      if (name !== undefined) this.#names.add(name.toLowerCase())
      else this.#inserted += sql.length
      if (this.#inserted > insertedMax) this.#names.clear()
    }
  }

  /** What was noted may not have come about. */
  clear(): void {
    this.#names.clear()
  }

  /** `mayCommitWith`, with what this run has created in mind. */
  mayCommitWith(sql: string, dialect: Pick<Dialect, 'name' | 'transactionalDdl'>): boolean {
    return mayCommitWith(sql, dialect) || this.#isSmallIndex(sql)
  }

  #isSmallIndex(sql: string): boolean {
    if (this.#names.size === 0 || sql.length > quickLengthMax || maybeSeveral.test(sql)) return false
    const table = createIndex.exec(sql)?.[1]
    return table !== undefined && this.#names.has(table.toLowerCase())
  }
}
