import type { BoundStatement, SqlValue } from '@sluice/engine'
import type { BatchStatement } from './send-batch.ts'

/** So many statements are kept; the engine has three. */
const keptMax = 16
/** `invalid_sql_statement_name`: what a user's DEALLOCATE or DISCARD leaves of a name. */
const missingName = '26000'

/**
 * The engine's own statements that the server keeps prepared for one session. To read and plan the INSERT of a history row takes it ten times
 * as long as to carry it out. A user's statement may throw any of them away, so that whoever sends them has to be ready for `isForgotten`.
 */
export class PreparedStatements {
  /** By text, and each name for one text only: what is sent before an earlier batch is answered must not find another behind it. */
  readonly #names = new Map<string, { readonly name: string; isKept: boolean }>()

  /** For the next batch: what is kept by its name, what is not yet with the one it will have, and once there are too many without one. */
  bind(statements: readonly BoundStatement[]): readonly BatchStatement[] {
    const isNew = new Set<string>()
    return statements.map(({ sql, values }) => {
      const bound = bindValues({ sql, values })
      if (values.length === 0) return bound
      let known = this.#names.get(sql)
      if (known === undefined) {
        if (this.#names.size >= keptMax) return bound
        // With spaces, so that it is nobody else's.
        known = { name: `sluice statement ${String(this.#names.size + 1)}`, isKept: false }
        this.#names.set(sql, known)
      }
      const prepared = { name: known.name, isNew: !known.isKept && !isNew.has(sql) }
      isNew.add(sql)
      return { ...bound, prepared }
    })
  }

  /** The batch went well: what was new in it is kept from now on. */
  note(sent: readonly BatchStatement[]): void {
    for (const { text, prepared } of sent) {
      const known = prepared?.isNew === true ? this.#names.get(text) : undefined
      if (known !== undefined) known.isKept = true
    }
  }

  /** Nothing is kept any more. Each is made again under its name: whatever that may still stand for is replaced. */
  forget(): void {
    for (const known of this.#names.values()) known.isKept = false
  }
}

/** A statement with its values, read by the server as it comes. */
export function bindValues({ sql, values }: BoundStatement): BatchStatement {
  return { text: sql, values: values.map(toText) }
}

/** Whether a batch relies on names that an earlier one has made. */
export function usesKept(batch: readonly BatchStatement[]): boolean {
  return batch.some(({ prepared }) => prepared?.isNew === false)
}

/** Whether an error of the server says that a name means nothing to it. */
export function isForgotten(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === missingName
}

function toText(value: SqlValue): string | null {
  return value === null ? null : String(value)
}
