import { createHash } from 'node:crypto'
import { AppError, systemClock } from '@sluice/base'
import type { Clock } from '@sluice/base'
import type { SqlChange } from '@sluice/changelog'
import { readCopyFromStdin } from '@sluice/sql'
import type { Database } from './database.ts'
import type { EngineFailure, OnEngineEvent } from './events.ts'
import type { WriteOptions } from './options.ts'
import { hasPlanErrors } from './plan.ts'
import type { ExecuteSqlPlan, PlannedStatement } from './plan.ts'
import { findNonTransactional, splitSql } from './planning/statements.ts'
import type { ExecutedStatement, ExecuteSqlReport } from './report.ts'
import { StatementAbandoned, runCancellable } from './run/cancellation.ts'
import { throwIfCanceled } from './run/changeset-run.ts'
import { shortSql, toFailure } from './run/failure.ts'

export interface SqlText {
  readonly sql: string
  /** For the places in messages; undefined = `<sql>`. */
  readonly file?: string | undefined
  /** Replaces `;` as the end of a statement. */
  readonly endDelimiter?: string | undefined
  /** False = the whole text is one statement. Default true. */
  readonly splitStatements?: boolean | undefined
}

export interface ExecuteSqlInput {
  readonly database: Database
  /** From `planExecuteSql`. */
  readonly plan: ExecuteSqlPlan
  readonly options?:
    | (Pick<WriteOptions, 'beforeFirstWrite' | 'cancelWaitMs'> & {
        /** Rows of each query's answer that the report keeps. Default 1,000. */
        readonly keepRows?: number | undefined
      })
    | undefined
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: OnEngineEvent | undefined
  readonly clock?: Clock | undefined
}

const keepRowsDefault = 1000
const cancelWaitMs = 30_000

/** Splits a text as the database's own client would and says whether it can be one transaction. Reads the server's version only. */
export async function planExecuteSql(database: Database, text: SqlText): Promise<ExecuteSqlPlan> {
  const { defaultSchema, serverVersion } = await database.readFacts([])
  const major = Number.parseInt(serverVersion, 10)
  const context = {
    dialect: database.dialect,
    defaultSchema,
    serverMajor: Number.isNaN(major) ? undefined : major,
    selection: undefined,
  }
  const change: SqlChange = {
    type: 'sql',
    text: text.sql,
    splitStatements: text.splitStatements ?? true,
    stripComments: false,
    endDelimiter: text.endDelimiter,
    dbms: undefined,
    comment: undefined,
    place: { file: text.file ?? '<sql>', line: 1, column: 1 },
  }
  const { statements: split, diagnostics } = splitSql(change, database.dialect)
  const statements: readonly PlannedStatement[] = split
  const nonTransactionalReason = findNonTransactional(undefined, statements, context)
  const hash = createHash('sha256').update('executeSql\n')
  for (const { sql } of statements) hash.update(JSON.stringify(sql)).update('\n')
  return {
    kind: 'executeSql',
    diagnostics,
    statements,
    transactional: nonTransactionalReason === undefined,
    nonTransactionalReason,
    digest: hash.digest('hex'),
    isEmpty: statements.length === 0 && !hasPlanErrors({ diagnostics }),
  }
}

/**
 * Runs statements that are no part of a changelog (Liquibase's `execute-sql`): in one transaction where that can be, else one after the
 * other. It touches neither history nor changelog lock, as Liquibase's does not, so that it can be used while something is stuck.
 *
 * Throws `PLAN_HAS_ERRORS` and what `beforeFirstWrite` throws; the rest is in the report. `unknown` means that the connection was
 * lost while something may have become durable.
 */
export async function executeSql(input: ExecuteSqlInput): Promise<ExecuteSqlReport> {
  const { database, plan, options, signal, onEvent } = input
  const clock = input.clock ?? systemClock
  const started = clock.monotonic()
  if (hasPlanErrors(plan)) {
    throw new AppError('invalid', 'PLAN_HAS_ERRORS', 'The SQL has errors, so nothing of it may run.', {
      hint: 'Show its diagnostics.',
    })
  }
  const done: ExecutedStatement[] = []
  let inDoubt = false
  const finish = (state: ExecuteSqlReport['state'], firstError?: EngineFailure): ExecuteSqlReport => ({
    kind: 'executeSql',
    state,
    entries: [],
    firstError,
    wrote: state === 'succeeded' || state === 'unknown' || (!plan.transactional && done.length > 0),
    deploymentId: undefined,
    durationMs: Math.round(clock.monotonic() - started),
    statements: done,
  })
  if (plan.isEmpty) return { ...finish('succeeded'), wrote: false }
  await options?.beforeFirstWrite?.(plan)
  database.onNotice = (notice) => onEvent?.({ type: 'notice', ...notice })
  const limits = { database, clock, signal, cancelWaitMs: options?.cancelWaitMs ?? cancelWaitMs }
  let running: PlannedStatement | undefined
  try {
    if (plan.transactional) await database.script(['BEGIN'])
    for (const statement of plan.statements) {
      throwIfCanceled(signal)
      running = statement
      inDoubt = !plan.transactional
      const before = clock.monotonic()
      const answer = await runCancellable(() => database.execute(statement.sql, options?.keepRows ?? keepRowsDefault), limits)
      inDoubt = false
      running = undefined
      const durationMs = Math.round(clock.monotonic() - before)
      done.push({
        sql: readCopyFromStdin(statement.sql)?.command ?? statement.sql,
        command: answer.command,
        rows: answer.rows,
        kept: answer.kept,
        durationMs,
      })
      onEvent?.({
        type: 'sqlExecuted',
        statement: done.length,
        of: plan.statements.length,
        sql: shortSql(statement.sql),
        rows: answer.rows,
        durationMs,
      })
    }
    if (plan.transactional) {
      inDoubt = true
      await database.script(['COMMIT'])
    }
    return finish('succeeded')
  } catch (error) {
    const at = running === undefined ? {} : { statement: done.length + 1, planned: running }
    const abandoned = error instanceof StatementAbandoned
    if (abandoned) await database.close().catch(() => {})
    const isUnknown = abandoned || (inDoubt && database.transactionState === 'closed')
    if (database.transactionState === 'active' || database.transactionState === 'failed') {
      await database.script(['ROLLBACK']).catch(() => {})
    }
    return finish(isUnknown ? 'unknown' : signal?.aborted === true ? 'canceled' : 'failed', toFailure(error, at))
  } finally {
    database.onNotice = undefined
  }
}
