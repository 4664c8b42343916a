import { createHash } from 'node:crypto'
import type { Diagnostic } from '@sluice/base'
import type { Database } from './database.ts'
import type { HistoryRow } from './history-row.ts'
import type { CommandInput, UpdateOptions } from './options.ts'
import { decideChangesets } from './planning/decisions.ts'
import type { DecidedChangeset, DecisionOptions, Decisions } from './planning/decisions.ts'
import { createNameCheck } from './planning/name-limits.ts'
import { openSchemaFacts } from './planning/open-facts.ts'
import { tagNameDiagnostics } from './planning/selection.ts'
import { findNonTransactional, resolveStatements } from './planning/statements.ts'
import type { StatementContext } from './planning/statements.ts'
import { hasPlanErrors } from './plan.ts'
import type { PlannedChangeset, UpdatePlan } from './plan.ts'
import type { StoredPartial } from './tracking/detail.ts'
import { readHistoryRows } from './tracking/history.ts'
import { readAbandonedPartials } from './tracking/partials.ts'
import { readTracking } from './tracking/tables.ts'
import type { Tracking } from './tracking/tables.ts'
import { formatChangesetKey, normalizeChangesetKey } from './changeset-key.ts'
import { formatDoubt } from './inspect.ts'

/** A plan with what `applyPlan` needs to carry it out. */
export interface DetailedPlan {
  readonly plan: UpdatePlan
  readonly decisions: Decisions
  readonly planned: ReadonlyMap<DecidedChangeset, PlannedChangeset>
  readonly history: readonly HistoryRow[]
  readonly partials: ReadonlyMap<string, StoredPartial>
}

/**
 * What an update would do: which changesets run, which not and why, every problem of changelog and history, and the digest that a
 * permit or approval is given for. Reads only and takes no lock; missing tables count as an empty history.
 */
export async function planUpdate(input: CommandInput<UpdateOptions>): Promise<UpdatePlan> {
  const tracking = await readTracking(input.database, input.options)
  const { changelog, options } = input
  const detailed = await planInDetail(input, tracking)
  details.set(detailed.plan, { detailed, changelog, options, facts: tracking.facts })
  return detailed.plan
}

/** What stands behind the plans that `planUpdate` has given. */
const details = new WeakMap<
  UpdatePlan,
  Pick<CommandInput<UpdateOptions>, 'changelog' | 'options'> & {
    readonly detailed: DetailedPlan
    readonly facts: Tracking['facts']
  }
>()

/** Every option there is; that it is all of them, the compiler sees to. */
const optionNames = Object.keys({
  trackingSchema: true,
  historyTable: true,
  lockTable: true,
  contexts: true,
  labels: true,
  allowCommands: true,
  count: true,
  toTag: true,
  only: true,
  tag: true,
  anchorTag: true,
  onPartial: true,
} satisfies Record<keyof UpdateOptions, true>) as (keyof UpdateOptions)[]

/**
 * What a plan comes to now, for callers that hold the lock. A plan follows from the changelog, the options and what the database tells: where
 * all of that is as it was, it is the same one, and is not worked out again. Notes of interrupted changesets, and products whose plans look at
 * the schema, always are.
 */
export async function planAgain(
  input: CommandInput<UpdateOptions> & { readonly plan: UpdatePlan },
  tracking: Tracking,
): Promise<DetailedPlan> {
  const { database, changelog, options, plan } = input
  const before = details.get(plan)
  const { defaultSchema, serverVersion } = tracking.facts
  const mayBeSame =
    before?.changelog === changelog &&
    optionNames.every((name) => before.options?.[name] === options?.[name]) &&
    before.facts.defaultSchema === defaultSchema &&
    before.facts.serverVersion === serverVersion &&
    before.detailed.partials.size === 0 &&
    database.dialect.openFacts === undefined
  if (!mayBeSame) return planInDetail(input, tracking)
  const history = await readHistoryRows(database, tracking)
  const partials = await readAbandonedPartials(database, tracking)
  const isSame = partials.length === 0 && hasSameRows(before.detailed.history, history)
  return isSame ? before.detailed : planInDetail(input, tracking)
}

function hasSameRows(before: readonly HistoryRow[], now: readonly HistoryRow[]): boolean {
  return (
    before.length === now.length &&
    before.every((row, index) => (Object.keys(row) as (keyof HistoryRow)[]).every((name) => row[name] === now[index]?.[name]))
  )
}

/** `planUpdate` for callers that hold the lock already. */
export async function planInDetail(
  input: CommandInput<UpdateOptions & Pick<DecisionOptions, 'newOnly'>>,
  tracking: Tracking,
  more: Pick<StatementContext, 'showsCommands'> = {},
): Promise<DetailedPlan> {
  const { database, changelog, options } = input
  const history = await readHistoryRows(database, tracking)
  const decisions = decideChangesets(changelog, history, database.dialect, options)
  const partials = decisions.run.length === 0 ? [] : await readAbandonedPartials(database, tracking)
  const facts = decisions.run.length === 0 ? undefined : await openSchemaFacts(database)
  return assemblePlan(decisions, history, partials, { ...statementContext(database, tracking, options), ...more, facts }, options)
}

/** Generated SQL names the default schema, as Liquibase does on a live database. */
export function statementContext(database: Database, tracking: Tracking, options: UpdateOptions | undefined): StatementContext {
  const { defaultSchema, serverVersion } = tracking.facts
  const major = Number.parseInt(serverVersion, 10)
  return {
    dialect: database.dialect,
    defaultSchema,
    serverMajor: Number.isNaN(major) ? undefined : major,
    selection: options,
    historyColumns: tracking.history.columns,
  }
}

/** Puts decisions and resolved statements together. Pure. */
export function assemblePlan(
  decisions: Decisions,
  history: readonly HistoryRow[],
  partials: readonly StoredPartial[],
  context: StatementContext,
  options: UpdateOptions | undefined,
): DetailedPlan {
  const diagnostics: Diagnostic[] = [...decisions.diagnostics]
  const partialByKey = new Map(
    partials
      .filter((partial) => partial.direction === 'apply')
      .map((partial) => [normalizeChangesetKey(partial.changeset), partial]),
  )
  const planned = new Map<DecidedChangeset, PlannedChangeset>()
  const checkNames = createNameCheck(context.dialect, context.historyColumns)
  for (const decided of decisions.run) {
    diagnostics.push(...checkNames(decided))
    const one = planChangeset(decided, context, diagnostics)
    planned.set(decided, one)
    const partial = partialByKey.get(normalizeChangesetKey(one.key))
    if (partial !== undefined && options?.onPartial !== 'resume') diagnostics.push(partialDiagnostic(one, partial))
  }
  const lastTag = history.at(-1)?.tag ?? null
  const wanted = options?.tag
  if (wanted !== undefined) diagnostics.push(...checkTag(wanted, history, planned.size > 0))
  const tag = wanted === undefined || (planned.size === 0 && lastTag === wanted) ? undefined : wanted
  const changesets = [...planned.values()]
  const plan: UpdatePlan = {
    kind: 'update',
    diagnostics,
    changesets,
    skipped: decisions.skipped,
    checksumUpgrades: decisions.checksumUpgrades.map(({ key }) => key),
    unexpected: decisions.unexpected,
    tag,
    lastTag,
    digest: digestPlan(changesets, tag),
    isEmpty:
      changesets.length === 0 && decisions.checksumUpgrades.length === 0 && tag === undefined && !hasPlanErrors({ diagnostics }),
  }
  return { plan, decisions, planned, history, partials: partialByKey }
}

const digestChunkLength = 64 * 1024

/** SHA-256 (hex) over what will run: identity, action, checksum and every statement, in order, and the tag. */
export function digestPlan(changesets: readonly PlannedChangeset[], tag: string | undefined): string {
  const hash = createHash('sha256')
  let text = ''
  for (const { key, action, checksum, statements } of changesets) {
    text += `${JSON.stringify([key.path, key.id, key.author, action, checksum, statements.map(({ sql }) => sql)])}\n`
    // Few large pieces cost less than many small ones.
    if (text.length < digestChunkLength) continue
    hash.update(text)
    text = ''
  }
  return hash
    .update(text)
    .update(JSON.stringify({ tag: tag ?? null }))
    .digest('hex')
}

function planChangeset(decided: DecidedChangeset, context: StatementContext, diagnostics: Diagnostic[]): PlannedChangeset {
  const { key, changeset, action, checksum } = decided
  const resolved = resolveStatements(changeset, changeset.changes, context)
  diagnostics.push(...resolved.diagnostics)
  const nonTransactionalReason = findNonTransactional(changeset, resolved.statements, context)
  return {
    key,
    changeset,
    action,
    checksum,
    statements: resolved.statements,
    messages: resolved.messages,
    stop: resolved.stop,
    transactional: nonTransactionalReason === undefined,
    nonTransactionalReason,
  }
}

/** A tag may stand on one row only; Liquibase would find the newest and silently forget the other. */
function checkTag(tag: string, history: readonly HistoryRow[], willRun: boolean): readonly Diagnostic[] {
  const invalid = tagNameDiagnostics(tag)
  if (invalid.length > 0) return invalid
  const index = history.findIndex((row) => row.tag?.toLowerCase() === tag.toLowerCase())
  const row = history[index]
  if (row === undefined || (!willRun && index === history.length - 1)) return []
  return [
    {
      severity: 'error',
      code: 'TAG_EXISTS',
      message: `The tag "${tag}" already stands on the changeset "${formatChangesetKey(row)}".`,
      hint: 'Choose another tag.',
    },
  ]
}

function partialDiagnostic(changeset: PlannedChangeset, partial: StoredPartial): Diagnostic {
  const uncertain = partial.uncertain === undefined ? '' : `, ${formatDoubt(partial.done, partial.uncertain)} may have`
  return {
    severity: 'error',
    code: 'CHANGESET_PARTIAL',
    message:
      `The changeset "${formatChangesetKey(changeset.key)}" was interrupted: ${partial.done} of its ${partial.statements} statements ran${uncertain} ` +
      `(run "${partial.runId}", ${partial.since}).`,
    ...changeset.changeset.place,
    hint:
      'Look at the database, then continue after the statements that ran (on partial: resume); or finish or undo it by hand and say so ' +
      '(sluice db resolve-partial).',
  }
}
