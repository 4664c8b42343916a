import { readFile } from 'node:fs/promises'
import { AppError } from '@sluice/base'
import { executeSql, planExecuteSql } from '@sluice/engine'
import type { ExecutedStatement } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatDuration, formatTable } from '../output/table.ts'
import type { ConnectionOptions, DryRunOptions } from './db-options.ts'
import { withTarget } from './open-target.ts'
import { showDiagnostics } from './plan-text.ts'
import { countOf, finishReport } from './report-text.ts'
import { withProgress } from './show-progress.ts'

export type ExecuteSqlFlags = ConnectionOptions &
  DryRunOptions & {
    readonly sql?: string
    readonly sqlFile?: string
    readonly delimiter?: string
    readonly rows: number
  }

/** `sluice db execute-sql`: statements of a person, from the command line, a file, or stdin. */
export async function dbExecuteSql(context: CommandContext, options: ExecuteSqlFlags): Promise<number> {
  const sql = await readSql(context, options)
  return withTarget(context, options, async (database) => {
    const plan = await planExecuteSql(database, {
      sql,
      endDelimiter: options.delimiter,
      ...(options.sqlFile === undefined || options.sqlFile === '-' ? {} : { file: options.sqlFile }),
    })
    showDiagnostics(context, plan, 'The SQL cannot be read; nothing was changed.')
    if (options.dryRun) {
      const statements = plan.statements.map((one) => one.sql)
      context.printer.result({ dryRun: true, digest: plan.digest, transactional: plan.transactional, statements }, () =>
        [
          ...statements.map((text, index) => `-- ${String(index + 1)}\n${text}`),
          `${countOf(statements.length, 'statement')} would run ${plan.transactional ? 'in one transaction' : 'one by one'}; nothing was changed.`,
        ].join('\n'),
      )
      return exitCodes.ok
    }
    const report = await withProgress(context, (onEvent) =>
      executeSql({ database, plan, signal: context.signal, onEvent, options: { keepRows: options.rows } }),
    )
    context.printer.result({ state: report.state, statements: report.statements.map(toJson) }, () =>
      [
        ...report.statements.map(toText),
        ...(report.state === 'succeeded'
          ? [`${countOf(report.statements.length, 'statement')} executed in ${formatDuration(report.durationMs)}.`]
          : []),
      ].join('\n'),
    )
    if (report.state === 'failed' && plan.transactional && plan.statements.length > 1)
      context.printer.progress('All of it was rolled back.')
    return finishReport(context, report, 'executed')
  })
}

async function readSql(context: CommandContext, { sql, sqlFile }: ExecuteSqlFlags): Promise<string> {
  if ((sql === undefined) === (sqlFile === undefined))
    throw new AppError('invalid', 'SQL_MISSING', 'It is not said which SQL to execute, or twice.', {
      hint: 'Give --sql TEXT, or --sql-file FILE (- is stdin).',
    })
  if (sql !== undefined) return sql
  if (sqlFile === '-') return context.readStdin()
  return readFile(sqlFile ?? '', 'utf8').catch((cause: unknown) => {
    throw new AppError('invalid', 'FILE_UNREADABLE', `The file "${String(sqlFile)}" cannot be read.`, { cause })
  })
}

function toJson({ command, rows, kept, durationMs }: ExecutedStatement): unknown {
  return { command, rows: rows ?? null, columns: kept?.columns ?? null, values: kept?.rows ?? null, durationMs }
}

function toText({ command, rows, kept }: ExecutedStatement): string {
  if (kept === undefined) return rows === undefined ? command : `${command}: ${countOf(rows, 'row')}`
  const table = formatTable(
    kept.columns,
    kept.rows.map((row) => row.map((cell) => (cell === null ? 'NULL' : cell.replaceAll(/\s+/g, ' ')))),
    `${kept.columns.join('  ')}\n(no rows)`,
  )
  const hidden = (rows ?? 0) - kept.rows.length
  return hidden > 0 ? `${table}\n… and ${countOf(hidden, 'more row')}` : table
}
