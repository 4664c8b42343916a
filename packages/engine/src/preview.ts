import { AppError } from '@sluice/base'
import type { Diagnostic } from '@sluice/base'
import type { Changelog } from '@sluice/changelog'
import { formatChangesetKey } from './changeset-key.ts'
import type { Database } from './database.ts'
import type { Dialect } from './dialect.ts'
import { applyHistorySql } from './history-sql.ts'
import type { UpdateOptions } from './options.ts'
import type { PlannedStatement, UpdatePlan } from './plan.ts'
import { decideChangesets } from './planning/decisions.ts'
import { resolveRollback } from './planning/rollback-statements.ts'
import type { StatementContext } from './planning/statements.ts'
import { planRollback } from './rollback.ts'
import type { RollbackPlan, RollbackTarget } from './rollback-plan.ts'
import { deleteHistoryRow, lastOrder, readHistoryRows } from './tracking/history.ts'
import { createHistoryTable, offlineTracking, readTracking } from './tracking/tables.ts'
import type { Tracking } from './tracking/tables.ts'
import { assemblePlan, planInDetail, statementContext } from './update.ts'
import type { DetailedPlan } from './update.ts'

export interface PreviewInput {
  /** Undefined = offline: an empty history and unqualified names. A rollback needs a database. */
  readonly database?: Database | undefined
  /** Needed where there is no database. */
  readonly dialect?: Dialect | undefined
  readonly changelog: Changelog
  /** `futureRollback`: how what has not run yet would be undone, which proves that it can be. */
  readonly what:
    | { readonly kind: 'update' }
    | { readonly kind: 'rollback'; readonly target: RollbackTarget }
    | { readonly kind: 'futureRollback' }
  readonly options?:
    | (UpdateOptions & {
        /** Show the statements on DATABASECHANGELOG too, as Liquibase's update-sql does. Default false. */
        readonly includeTracking?: boolean | undefined
      })
    | undefined
}

export interface Preview {
  /** Statements with their delimiters, each changeset under a comment line. With errors: what could be resolved. */
  readonly sql: string
  readonly diagnostics: readonly Diagnostic[]
  readonly plan: UpdatePlan | RollbackPlan
}

const previewDeploymentId = '0000000000'

/** The SQL that an update or a rollback would run, as text. Reads only; preconditions are not evaluated and count as holding. */
export async function previewSql(input: PreviewInput): Promise<Preview> {
  if (input.what.kind === 'rollback') return previewRollback(input, input.what.target)
  return input.what.kind === 'update' ? previewUpdate(input) : previewFutureRollback(input)
}

interface PlannedPreview {
  readonly detailed: DetailedPlan
  readonly tracking: Tracking
  readonly dialect: Dialect
  readonly context: StatementContext
}

async function planPreview(input: PreviewInput): Promise<PlannedPreview> {
  const { database, changelog, options } = input
  const dialect = database?.dialect ?? input.dialect
  if (dialect === undefined) throw needsDialect()
  if (database === undefined) {
    const context = { dialect, defaultSchema: undefined, serverMajor: undefined, selection: options }
    const detailed = assemblePlan(decideChangesets(changelog, [], dialect, options), [], [], context, options)
    return { detailed, tracking: offlineTracking(dialect, options), dialect, context }
  }
  const tracking = await readTracking(database, options)
  const detailed = await planInDetail({ database, changelog, options }, tracking)
  return { detailed, tracking, dialect, context: statementContext(database, tracking, options) }
}

async function previewFutureRollback(input: PreviewInput): Promise<Preview> {
  const { detailed, context } = await planPreview(input)
  const diagnostics = [...detailed.plan.diagnostics]
  const parts: string[] = []
  for (const planned of detailed.plan.changesets.toReversed()) {
    const rollback = resolveRollback(planned.changeset, context)
    diagnostics.push(...rollback.diagnostics)
    parts.push(`-- Rolling Back ChangeSet: ${formatChangesetKey(planned.key)}`, ...rollback.statements.map(statementText))
  }
  return { sql: join(parts), diagnostics, plan: detailed.plan }
}

async function previewUpdate(input: PreviewInput): Promise<Preview> {
  const { options } = input
  const { detailed, tracking, dialect } = await planPreview(input)
  const parts: string[] = []
  const showTracking = options?.includeTracking === true
  if (showTracking && tracking.history.columns === undefined) parts.push(terminate(createHistoryTable(dialect, tracking.history)))
  let order = lastOrder(detailed.history)
  for (const [decided, planned] of detailed.planned) {
    const comment = planned.changeset.comment === '' ? '' : `\n${asComment(planned.changeset.comment)}`
    parts.push(
      `-- Changeset ${formatChangesetKey(planned.key)}${comment}`,
      ...planned.statements.map(({ sql }) => terminate(sql)),
    )
    if (showTracking) {
      const facts = { toolVersion: 'sluice', deploymentId: previewDeploymentId }
      parts.push(terminate(applyHistorySql(dialect, tracking, planned, decided.stored, ++order, undefined, facts)))
    }
  }
  return { sql: join(parts), diagnostics: detailed.plan.diagnostics, plan: detailed.plan }
}

async function previewRollback(input: PreviewInput, target: RollbackTarget): Promise<Preview> {
  const { database, changelog, options } = input
  if (database === undefined) {
    throw new AppError('invalid', 'PREVIEW_NEEDS_DATABASE', 'The SQL of a rollback depends on the history of a database.', {
      hint: 'Name the database.',
    })
  }
  const plan = await planRollback({ database, changelog, options, target })
  const tracking = await readTracking(database, options)
  const history = options?.includeTracking === true ? await readHistoryRows(database, tracking) : []
  const parts: string[] = []
  for (const planned of plan.changesets) {
    parts.push(`-- Rolling Back ChangeSet: ${formatChangesetKey(planned.key)}`, ...planned.statements.map(statementText))
    const row = history.find((one) => formatChangesetKey(one) === formatChangesetKey(planned.key))
    if (row !== undefined) parts.push(terminate(deleteHistoryRow(database.dialect, tracking, row)))
  }
  return { sql: join(parts), diagnostics: plan.diagnostics, plan }
}

function statementText(statement: PlannedStatement): string {
  return terminate(statement.sql)
}

/** A line comment at the end would swallow the delimiter. */
function terminate(sql: string): string {
  const lastLine = sql.slice(sql.lastIndexOf('\n') + 1)
  return lastLine.includes('--') ? `${sql}\n;` : `${sql};`
}

function asComment(text: string): string {
  return text
    .split('\n')
    .map((line) => `-- ${line}`)
    .join('\n')
}

function join(parts: readonly string[]): string {
  return parts.length === 0 ? '' : `${parts.join('\n\n').replaceAll(/^(-- .*)\n\n(?!--)/gm, '$1\n')}\n`
}

function needsDialect(): AppError {
  return new AppError('invalid', 'PREVIEW_NEEDS_DIALECT', 'A preview without a database has to know for which product it is.', {
    hint: 'Name the database, or its product.',
  })
}
