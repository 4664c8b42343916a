import { AppError } from '@sluice/base'
import type { Diagnostic } from '@sluice/base'
import type { Changelog, ObjectQuotingStrategy, PreconditionGroup } from '@sluice/changelog'
import { formatChangesetKey, normalizeChangesetKey } from './changeset-key.ts'
import type { Database } from './database.ts'
import type { Dialect } from './dialect.ts'
import { planHistoryWrite } from './history-sql.ts'
import type { UpdateOptions } from './options.ts'
import type { PlannedStatement, SyncPlan, UpdatePlan } from './plan.ts'
import { decideChangesets } from './planning/decisions.ts'
import { resolveRollback } from './planning/rollback-statements.ts'
import type { StatementContext } from './planning/statements.ts'
import { createStatementTyper } from './planning/typed-load.ts'
import { asComment, frameScript, joinScript, statementText, terminate } from './preview-text.ts'
import { previewPreconditions } from './preconditions/check.ts'
import type { BrokenPreconditions } from './preconditions/check.ts'
import { planRollback } from './rollback.ts'
import type { RollbackPlan, RollbackTarget } from './rollback-plan.ts'
import { assembleSync, syncRow } from './sync.ts'
import { deleteHistoryRow, lastOrder, readHistoryRows } from './tracking/history.ts'
import { formatWrite } from './tracking/row-insert.ts'
import { offlineTracking, readTracking } from './tracking/tables.ts'
import type { Tracking } from './tracking/tables.ts'
import { assemblePlan, planInDetail, statementContext } from './update.ts'
import type { DetailedPlan } from './update.ts'

export interface PreviewOptions extends UpdateOptions {
  /** Show the statements on DATABASECHANGELOG and its lock too, as Liquibase's `update-sql` does. Default false. */
  readonly includeTracking?: boolean | undefined
  /** What those say in the columns LIQUIBASE and DEPLOYMENT_ID; defaults stay the same from call to call. */
  readonly toolVersion?: string | undefined
  readonly deploymentId?: string | undefined
}

export interface PreviewInput {
  /** Undefined = offline: an empty history and unqualified names. A rollback needs a database. */
  readonly database?: Database | undefined
  /** Needed where there is no database. */
  readonly dialect?: Dialect | undefined
  readonly changelog: Changelog
  /**
   * `futureRollback`: how what has not run yet would be undone, which proves that it can be; `count` and `toTag` of the options take
   * the next ones only. `sync`: the rows that a sync would write.
   */
  readonly what:
    | { readonly kind: 'update' }
    | { readonly kind: 'rollback'; readonly target: RollbackTarget }
    | { readonly kind: 'futureRollback' }
    | { readonly kind: 'sync' }
  readonly options?: PreviewOptions | undefined
}

export interface Preview {
  /** Statements with their delimiters, each changeset under a comment line. With errors: what could be resolved. */
  readonly sql: string
  readonly diagnostics: readonly Diagnostic[]
  readonly plan: UpdatePlan | RollbackPlan | SyncPlan
}

/**
 * The SQL that a command would run, as text. Writes nothing. Preconditions count as holding unless they say otherwise for this case
 * (`onSqlOutput`); without a database they cannot be tested and count as holding.
 */
export async function previewSql(input: PreviewInput): Promise<Preview> {
  switch (input.what.kind) {
    case 'update':
      return previewUpdate(input)
    case 'rollback':
      return previewRollback(input, input.what.target)
    case 'futureRollback':
      return previewFutureRollback(input)
    case 'sync':
      return previewSync(input)
  }
}

interface Setting {
  readonly dialect: Dialect
  readonly tracking: Tracking
  readonly context: StatementContext
}

async function readSetting(input: PreviewInput): Promise<Setting> {
  const { database, options } = input
  const dialect = database?.dialect ?? input.dialect
  if (dialect === undefined) {
    throw new AppError('invalid', 'PREVIEW_NEEDS_DIALECT', 'A preview without a database has to know for which product it is.', {
      hint: 'Name the database, or its product.',
    })
  }
  if (database === undefined) {
    const facts = dialect.openFacts?.([])
    const context = { dialect, defaultSchema: undefined, serverMajor: undefined, selection: options, facts, showsCommands: true }
    return { dialect, tracking: offlineTracking(dialect, options), context }
  }
  const tracking = await readTracking(database, options)
  return { dialect, tracking, context: { ...statementContext(database, tracking, options), showsCommands: true } }
}

async function planPreview(input: PreviewInput, setting: Setting, newOnly: boolean): Promise<DetailedPlan> {
  const { database, changelog } = input
  const options = { ...input.options, newOnly }
  if (database !== undefined) return planInDetail({ database, changelog, options }, setting.tracking, { showsCommands: true })
  const decisions = decideChangesets(changelog, [], setting.dialect, options)
  return assemblePlan(decisions, [], [], setting.context, options)
}

function rowFacts(options: PreviewOptions | undefined): { readonly toolVersion: string; readonly deploymentId: string } {
  return { toolVersion: options?.toolVersion ?? 'sluice', deploymentId: options?.deploymentId ?? '0000000000' }
}

async function previewUpdate(input: PreviewInput): Promise<Preview> {
  const { options } = input
  const setting = await readSetting(input)
  const { dialect, tracking } = setting
  const detailed = await planPreview(input, setting, false)
  const parts: string[] = []
  const diagnostics = [...detailed.plan.diagnostics]
  let order = lastOrder(detailed.history)
  const root = await brokenFor(input, tracking, input.changelog.preconditions)
  if (root !== undefined) diagnostics.push(toDiagnostic(root))
  for (const [decided, planned] of root === undefined || root.outcome === 'WARN' ? detailed.planned : []) {
    const checked = planned.changeset.preconditions
    const broken =
      checked === undefined ? undefined : await brokenFor(input, tracking, [checked], planned.changeset.objectQuotingStrategy)
    if (broken !== undefined && broken.outcome !== 'MARK_RAN') diagnostics.push(toDiagnostic(broken))
    if (broken?.outcome === 'HALT') break
    if (broken?.outcome === 'CONTINUE') continue
    const markRan = broken?.outcome === 'MARK_RAN' || planned.changeset.isInvalid === true
    const comment = planned.changeset.comment === '' ? '' : `\n${asComment(planned.changeset.comment)}`
    parts.push(
      `-- Changeset ${formatChangesetKey(planned.key)}${comment}`,
      ...(markRan ? [] : await statementTexts(input.database, planned.statements)),
    )
    if (options?.includeTracking === true) {
      const execType = markRan ? 'MARK_RAN' : undefined
      parts.push(
        terminate(
          formatWrite(
            dialect,
            planHistoryWrite(dialect, tracking, planned, decided.stored, ++order, execType, rowFacts(options)),
          ),
        ),
      )
    }
  }
  return { sql: finish(parts, setting, options), diagnostics, plan: detailed.plan }
}

async function brokenFor(
  { database, changelog }: PreviewInput,
  tracking: Tracking,
  groups: readonly PreconditionGroup[],
  objectQuotingStrategy?: ObjectQuotingStrategy,
): Promise<BrokenPreconditions | undefined> {
  if (database === undefined) return undefined
  return previewPreconditions({ database, tracking, cancellable: (run) => run() }, groups, { changelog, objectQuotingStrategy })
}

function toDiagnostic({ outcome, failure }: BrokenPreconditions): Diagnostic {
  const { code, message, hint, file, line } = failure
  const place = { ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) }
  return { severity: outcome === 'HALT' ? 'error' : 'warning', code, message, ...place, ...(hint === undefined ? {} : { hint }) }
}

/** Statements as a script has them: values by the types that the columns of an existing table have now, as Liquibase writes them. */
async function statementTexts(
  database: Database | undefined,
  statements: readonly PlannedStatement[],
): Promise<readonly string[]> {
  if (database === undefined || statements.every(({ typed }) => typed === undefined)) return statements.map(statementText)
  const typer = createStatementTyper(database)
  const texts: string[] = []
  for (const statement of statements) texts.push(statementText(await typer.type(statement)))
  return texts
}

async function previewFutureRollback(input: PreviewInput): Promise<Preview> {
  const setting = await readSetting(input)
  const { dialect, tracking } = setting
  const detailed = await planPreview(input, setting, true)
  const diagnostics = [...detailed.plan.diagnostics]
  const parts: string[] = []
  for (const { key, changeset } of detailed.plan.changesets.toReversed()) {
    const rollback = resolveRollback(changeset, setting.context)
    diagnostics.push(...rollback.diagnostics)
    parts.push(`-- Rolling Back ChangeSet: ${formatChangesetKey(key)}`, ...rollback.statements.map(statementText))
    if (input.options?.includeTracking === true) parts.push(terminate(deleteHistoryRow(dialect, tracking, key)))
  }
  return { sql: finish(parts, setting, input.options), diagnostics, plan: detailed.plan }
}

async function previewRollback(input: PreviewInput, target: RollbackTarget): Promise<Preview> {
  const { database, changelog, options } = input
  if (database === undefined) {
    throw new AppError('invalid', 'PREVIEW_NEEDS_DATABASE', 'The SQL of a rollback depends on the history of a database.', {
      hint: 'Name the database.',
    })
  }
  const setting = await readSetting(input)
  const plan = await planRollback({ database, changelog, options: { ...options, allowCommands: true }, target })
  const history = options?.includeTracking === true ? await readHistoryRows(database, setting.tracking) : []
  const rows = new Map(history.map((row) => [normalizeChangesetKey(row), row]))
  const parts: string[] = []
  for (const { key, statements } of plan.changesets) {
    parts.push(`-- Rolling Back ChangeSet: ${formatChangesetKey(key)}`, ...(await statementTexts(database, statements)))
    const row = rows.get(normalizeChangesetKey(key))
    if (row !== undefined) parts.push(terminate(deleteHistoryRow(database.dialect, setting.tracking, row)))
  }
  return { sql: finish(parts, setting, options), diagnostics: plan.diagnostics, plan }
}

/** Without the rows there would be nothing to show, so they are there whether asked for or not. */
async function previewSync(input: PreviewInput): Promise<Preview> {
  const { database, changelog, options } = input
  const setting = await readSetting(input)
  const { dialect, tracking } = setting
  const history = database === undefined ? [] : await readHistoryRows(database, tracking)
  const plan = assembleSync(changelog, history, dialect, tracking, options)
  let order = lastOrder(history)
  const facts = { tracking, ...rowFacts(options) }
  const parts = plan.changesets.map((planned) => terminate(syncRow(dialect, facts, planned, ++order)))
  return { sql: finish(parts, setting, options), diagnostics: plan.diagnostics, plan }
}

function finish(parts: readonly string[], setting: Setting, options: PreviewOptions | undefined): string {
  if (options?.includeTracking !== true) return joinScript(parts)
  return joinScript(frameScript(parts, setting.dialect, setting.tracking))
}
