import { AppError } from '@sluice/base'
import { executeSql as runSql, planExecuteSql, type ExecutedStatement, type SqlValue } from '@sluice/engine'
import { openFiles, readSearched } from '../read-changelog.ts'
import type { CommandHandler } from '../run-context.ts'
import { checkPlan, checkReport } from './failure.ts'

/** execute-sql: a text or a file of the search path; answers of queries go to stdout. */
export const executeSql: CommandHandler = async ({ context, database, write, onEvent }) => {
  const { settings, output, signal } = context
  const text = settings.argument('sql')
  const file = settings.argument('sqlFile')
  if ((text === undefined) === (file === undefined))
    throw new AppError('invalid', 'SETTING_INVALID', 'It takes either --sql or --sql-file.', { hint: 'Give one of them.' })
  const sql = text ?? Buffer.from(readSearched(context, await openFiles(context), file ?? '')).toString('utf8')
  const delimiter = settings.argument('delimiter')
  const plan = await planExecuteSql(database, {
    sql,
    ...(file === undefined ? {} : { file }),
    ...(delimiter === undefined ? {} : { endDelimiter: delimiter }),
  })
  checkPlan(output, plan)
  const report = await runSql({ database, plan, signal, onEvent, options: { ...write, keepRows: 100_000 } })
  for (const statement of report.statements) output.result(render(statement))
  checkReport(report)
}

function render({ sql, kept }: ExecutedStatement): string {
  if (kept === undefined) return `Successfully Executed: ${sql.trim()}\n\n`
  const row = (cells: readonly SqlValue[]): string =>
    `${cells.map((cell) => `${cell === null ? 'null' : String(cell)} | `).join('')}\n`
  const head = `${kept.columns.map((name) => `${name.toUpperCase()} |`).join(' ')}\n`
  return `Output of ${sql.trim()}:\n${head}${kept.rows.map(row).join('')}\n`
}
