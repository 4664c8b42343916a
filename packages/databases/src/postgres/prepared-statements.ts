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
  readonly #names = new Map<string, string>()

  /** For the next batch: what is kept by its name, what is not yet with a new one, and once there are too many without one. */
  bind(statements: readonly BoundStatement[]): readonly BatchStatement[] {
    const names = new Map<string, string>()
    return statements.map(({ sql, values }) => {
      const bound = bindValues({ sql, values })
      if (values.length === 0) return bound
      const kept = this.#names.get(sql) ?? names.get(sql)
      if (kept !== undefined) return { ...bound, prepared: { name: kept, isNew: false } }
      const count = this.#names.size + names.size
      if (count >= keptMax) return bound
      // With spaces, so that it is nobody else's. One that a failed batch has made is made again.
      const name = `sluice statement ${String(count + 1)}`
      names.set(sql, name)
      return { ...bound, prepared: { name, isNew: true } }
    })
  }

  /** The batch went well: what was new in it is kept from now on. */
  note(sent: readonly BatchStatement[]): void {
    for (const { text, prepared } of sent) if (prepared?.isNew === true) this.#names.set(text, prepared.name)
  }

  /** Nothing is kept any more. Names are used again: whatever one may still stand for is replaced. */
  forget(): void {
    this.#names.clear()
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
