import { AppError } from '@sluice/base'
import type { Changeset, ModelledChange } from '@sluice/changelog'
import type { Database } from '../database.ts'
import type { PlannedStatement, TypedLoad } from '../plan.ts'
import type { SqlModification } from './modify-sql.ts'
import type { StatementContext } from './statements.ts'

/**
 * How the statements of a loadData change are written once the types of its columns are known. Liquibase reads them from the table when
 * the change's turn comes; a plan is made before, and its statements, texts for every value, stand for the same rows.
 */
export function createTypedLoad(
  change: ModelledChange,
  { objectQuotingStrategy }: Pick<Changeset, 'objectQuotingStrategy'>,
  { dialect, defaultSchema, facts }: Pick<StatementContext, 'dialect' | 'defaultSchema' | 'facts'>,
  modification: SqlModification,
): TypedLoad {
  return {
    query: dialect.columnTypesQuery(change, defaultSchema),
    write: (columnTypes) => {
      const context = { defaultSchema, objectQuotingStrategy, facts, columnTypes }
      const { statements, diagnostics } = dialect.generate(change, context)
      const problem = diagnostics.find(({ severity }) => severity === 'error')
      if (problem !== undefined) {
        const { code, message, hint } = problem
        throw new AppError('failedPrecondition', code, message, hint === undefined ? {} : { hint })
      }
      return statements.map((sql) => modification.apply(sql))
    },
  }
}

/** Gives each statement its text by the types of its columns, asking the catalogue once for every load. */
export interface StatementTyper {
  /** The statement with its final text; without its table the text stays as planned, and the database says what is wrong. */
  type(statement: PlannedStatement): Promise<PlannedStatement>
}

/** `type` throws `AppError` for values that their columns cannot hold, and what the database answers. */
export function createStatementTyper(database: Pick<Database, 'query'>): StatementTyper {
  let last: { readonly load: TypedLoad; readonly texts: readonly string[] | undefined } | undefined
  return {
    type: async (statement) => {
      if (statement.typed === undefined) return statement
      const { load, index } = statement.typed
      if (last?.load !== load || index === 0) last = { load, texts: await writeTyped(database, load) }
      const sql = last.texts?.[index]
      return sql === undefined ? statement : { ...statement, sql }
    },
  }
}

async function writeTyped(database: Pick<Database, 'query'>, load: TypedLoad): Promise<readonly string[] | undefined> {
  const { rows } = await database.query(load.query.sql, load.query.values)
  if (rows.length === 0) return undefined
  return load.write(new Map(rows.map(([name, type]) => [String(name).toLowerCase(), String(type ?? '')])))
}
