import { AppError, systemClock } from '@sluice/base'
import { normalizeChangesetKey } from './changeset-key.ts'
import type { EngineFailure } from './events.ts'
import type { CommandInput, UpdateOptions, WriteOptions } from './options.ts'
import { hasPlanErrors } from './plan.ts'
import type { PlannedChangeset, PlannedStatement, UpdatePlan } from './plan.ts'
import { checkPreconditions } from './preconditions/check.ts'
import type { ApplyReport, ReportEntry } from './report.ts'
import { StatementAbandoned } from './run/cancellation.ts'
import { notReachedEntry, runChangeset, throwIfCanceled } from './run/changeset-run.ts'
import type { ChangesetRun } from './run/changeset-run.ts'
import { toFailure } from './run/failure.ts'
import { planRuns } from './run/plan-runs.ts'
import type { Pending, RunAhead } from './run/plan-runs.ts'
import { hashStatements } from './run/recording.ts'
import { mayJoinStretch, runStretch } from './run/run-stretch.ts'
import { withWriteSession } from './run/write-session.ts'
import type { WriteSession } from './run/write-session.ts'
import { setAnchor, setTag } from './tag.ts'
import { lastOrder, updateChecksum } from './tracking/history.ts'
import { planAgain, statementContext } from './update.ts'
import type { DetailedPlan } from './update.ts'

export interface ApplyInput extends CommandInput<UpdateOptions & WriteOptions> {
  readonly options: UpdateOptions & WriteOptions
  /** From `planUpdate` with the same options. */
  readonly plan: UpdatePlan
}

/** What has happened so far; becomes the report, also when something throws. */
interface Outcome {
  readonly entries: ReportEntry[]
  preStartTag: string | null
  tag: string | null
  wrote: boolean
  deploymentId: string | undefined
}

/**
 * Carries out a plan: asks `beforeFirstWrite`, takes the lock, plans again and goes on only if nothing runs that was not planned,
 * then runs changeset after changeset. Changesets that another run applied in the meantime count as done.
 *
 * Throws `PLAN_HAS_ERRORS` for a plan with errors, and what `beforeFirstWrite` throws. Everything else is in the report.
 */
export async function applyPlan(input: ApplyInput): Promise<ApplyReport> {
  const { plan, options } = input
  const clock = input.clock ?? systemClock
  const started = clock.monotonic()
  if (hasPlanErrors(plan)) {
    throw new AppError('invalid', 'PLAN_HAS_ERRORS', 'The plan has errors, so nothing of it may run.', {
      hint: 'Show its diagnostics.',
    })
  }
  const outcome: Outcome = {
    entries: [],
    preStartTag: plan.lastTag,
    tag: options.tag !== undefined && plan.lastTag === options.tag ? options.tag : null,
    wrote: false,
    deploymentId: undefined,
  }
  const finish = (firstError: EngineFailure | undefined, canceled = false): ApplyReport => {
    const reached = new Set(outcome.entries.map((entry) => normalizeChangesetKey(entry.changeset)))
    const rest = plan.changesets.filter((one) => !reached.has(normalizeChangesetKey(one.key))).map(notReachedEntry)
    const isUnknown = outcome.entries.some((entry) => entry.state === 'unknown')
    return {
      kind: 'update',
      state: isUnknown ? 'unknown' : canceled ? 'canceled' : firstError === undefined ? 'succeeded' : 'failed',
      entries: [...outcome.entries, ...rest],
      firstError,
      wrote: outcome.wrote,
      deploymentId: outcome.deploymentId,
      durationMs: Math.round(clock.monotonic() - started),
      preStartTag: outcome.preStartTag,
      tag: outcome.tag,
    }
  }
  if (plan.isEmpty) return finish(undefined)
  await options.beforeFirstWrite?.(plan)
  try {
    const failure = await withWriteSession({ ...input, clock }, (session) => applyUnderLock(input, session, outcome))
    return finish(failure, input.signal?.aborted === true && failure !== undefined)
  } catch (error) {
    if (error instanceof StatementAbandoned) outcome.wrote = true
    return finish(toFailure(error), input.signal?.aborted === true)
  }
}

async function applyUnderLock(input: ApplyInput, session: WriteSession, outcome: Outcome): Promise<EngineFailure | undefined> {
  const { plan, options } = input
  const detailed = await planAgain(input, session.tracking)
  const changed = detailed.plan === plan ? undefined : findUnplanned(plan, detailed)
  if (changed !== undefined) return changed
  const pending = [...detailed.planned].map(([decided, planned]) => ({ decided, planned }))
  const stillPending = new Set(pending.map(({ planned }) => normalizeChangesetKey(planned.key)))
  for (const planned of plan.changesets) {
    if (!stillPending.has(normalizeChangesetKey(planned.key))) outcome.entries.push(doneEntry(planned, 'alreadyApplied'))
  }
  outcome.preStartTag = detailed.plan.lastTag
  const broken = await checkPreconditions(session, input.changelog.preconditions, input)
  if (broken !== undefined && broken.outcome !== 'WARN') return broken.failure
  throwIfCanceled(input.signal)
  const upgrades = detailed.decisions.checksumUpgrades.map(({ stored, checksum }) =>
    updateChecksum(session.database.dialect, session.tracking, stored, checksum),
  )
  if (upgrades.length > 0) {
    await session.database.script(['BEGIN', ...upgrades, 'COMMIT'])
    outcome.wrote = true
    outcome.deploymentId = session.deploymentId
  }
  if (pending.length > 0 && outcome.preStartTag === null && options.anchorTag !== undefined) {
    outcome.preStartTag = await setAnchor(session, detailed.history, options.anchorTag)
    outcome.wrote = true
    outcome.deploymentId = session.deploymentId
  }
  const failure = await runAll(input, session, detailed, pending, outcome)
  if (failure !== undefined) return failure
  if (detailed.plan.tag !== undefined) {
    const tagged = await setTag(session, detailed.plan.tag)
    outcome.tag = tagged.tag
    // On the row that had the other one, since nothing ran: this is now what the state before is called.
    if (tagged.replacedTag !== null && tagged.replacedTag === outcome.preStartTag) outcome.preStartTag = tagged.tag
    outcome.wrote = true
    outcome.deploymentId = session.deploymentId
  }
  return undefined
}

async function runAll(
  input: ApplyInput,
  session: WriteSession,
  detailed: DetailedPlan,
  pending: readonly Pending[],
  outcome: Outcome,
): Promise<EngineFailure | undefined> {
  const plan = planRuns(session, detailed, pending, statementContext(session.database, session.tracking, input.options))
  let ahead: RunAhead | undefined
  let order = lastOrder(detailed.history)
  // The anchor of an empty history is a row of its own.
  if (detailed.history.length === 0 && outcome.preStartTag !== null) order = 1
  let index = 0
  let failure: EngineFailure | undefined
  const skip = (entry: ReportEntry): void => {
    outcome.entries.push(entry)
    index++
  }
  const settle = (entry: ReportEntry): void => {
    const isIgnored = isFailureIgnored(entry, pending[index]?.planned) && input.signal?.aborted !== true
    if (entry.state === 'done' || entry.state === 'unknown' || entry.statementsDone > 0) {
      outcome.wrote = true
      outcome.deploymentId = session.deploymentId
    }
    if (isIgnored) return skip({ ...entry, state: 'done', result: 'failedIgnored' })
    skip(entry)
    order++
    if (entry.state !== 'done') failure ??= entry.error
  }
  const maySend = (at: number): boolean => {
    const one = pending[at]?.planned
    return one !== undefined && mayJoinStretch(session, one) && !detailed.partials.has(normalizeChangesetKey(one.key))
  }
  for (let next = pending[index]; next !== undefined && failure === undefined; next = pending[index]) {
    throwIfCanceled(input.signal)
    if (maySend(index)) {
      const firstOrder = order + 1 - index
      let at = index
      const take = (): ChangesetRun | undefined => {
        if (input.signal?.aborted === true || !maySend(at)) return undefined
        const run = plan.run(at, firstOrder + at, false)
        at++
        return run
      }
      await runStretch(session, take, settle)
      continue
    }
    const { planned } = next
    if (planned.stop !== undefined) {
      return {
        ...toFailure(
          new AppError('failedPrecondition', 'CHANGELOG_STOP', planned.stop, { hint: 'The changelog stops here on purpose.' }),
        ),
        changeset: planned.key,
      }
    }
    const checked = planned.changeset.preconditions
    const { objectQuotingStrategy } = planned.changeset
    const around = { changelog: input.changelog, objectQuotingStrategy }
    const broken = checked === undefined ? undefined : await checkPreconditions(session, [checked], around)
    if (broken?.outcome === 'HALT') {
      const error = { ...broken.failure, changeset: planned.key }
      // As in Liquibase, `failOnError: false` covers preconditions that halt; the changeset stays pending.
      if (!planned.changeset.failOnError) {
        skip({ ...notReachedEntry(planned), state: 'done', result: 'failedIgnored', error })
        session.onEvent?.({ type: 'warning', code: error.code, message: error.message })
        session.onEvent?.({ type: 'changesetFinished', changeset: planned.key, result: 'failedIgnored', rows: 0, durationMs: 0 })
        continue
      }
      outcome.entries.push({ ...notReachedEntry(planned), state: 'failed', error })
      return error
    }
    if (broken?.outcome === 'CONTINUE') {
      skip(doneEntry(planned, 'skipped'))
      session.onEvent?.({ type: 'changesetFinished', changeset: planned.key, result: 'skipped', rows: 0, durationMs: 0 })
      continue
    }
    for (const message of planned.messages) session.onEvent?.({ type: 'notice', severity: 'OUTPUT', message })
    const partial = detailed.partials.get(normalizeChangesetKey(planned.key))
    if (partial !== undefined && partial.sha256 !== hashStatements(planned.statements)) return partialChanged(planned)
    const markRan = broken?.outcome === 'MARK_RAN' || planned.changeset.isInvalid === true
    const isReady = !markRan && ahead?.index === index && ahead.order === order + 1
    const running = runChangeset(session, isReady && ahead !== undefined ? ahead.run : plan.run(index, order + 1, markRan))
    // It is with the database now, which should not have to wait for us when it has answered.
    ahead = plan.ahead(index + 1, order + 2)
    settle(await running)
  }
  return failure
}

/** Whether a changeset failed for a reason that its `failOnError: false` covers: it stays pending then. */
function isFailureIgnored({ state, error }: ReportEntry, planned: PlannedChangeset | undefined): boolean {
  if (state !== 'failed' || planned?.changeset.failOnError !== false) return false
  return error?.code === 'STATEMENT_FAILED' || error?.code === 'HOST_COMMAND_FAILED'
}

/** Under the lock nothing may run that the caller's plan (and so its permit) does not have, statement for statement. */
function findUnplanned(plan: UpdatePlan, detailed: DetailedPlan): EngineFailure | undefined {
  const problem = detailed.plan.diagnostics.find((diagnostic) => diagnostic.severity === 'error')
  if (problem !== undefined) {
    const error = new AppError(
      'failedPrecondition',
      problem.code,
      problem.message,
      problem.hint === undefined ? {} : { hint: problem.hint },
    )
    return { ...toFailure(error), file: problem.file, line: problem.line }
  }
  const approved = new Map(plan.changesets.map((one) => [normalizeChangesetKey(one.key), one]))
  for (const fresh of detailed.plan.changesets) {
    const known = approved.get(normalizeChangesetKey(fresh.key))
    if (known === undefined || known.action !== fresh.action || !isSameSql(known.statements, fresh.statements)) {
      const error = new AppError(
        'conflict',
        'PLAN_CHANGED',
        'The history changed after the plan was made, so more would run than was planned.',
        {
          hint: 'Plan again.',
        },
      )
      return { ...toFailure(error), changeset: fresh.key }
    }
  }
  return undefined
}

function isSameSql(left: readonly PlannedStatement[], right: readonly PlannedStatement[]): boolean {
  return left.length === right.length && left.every(({ sql }, index) => sql === right[index]?.sql)
}

function doneEntry(planned: PlannedChangeset, result: 'skipped' | 'alreadyApplied'): ReportEntry {
  return { ...notReachedEntry(planned), state: 'done', result }
}

function partialChanged(planned: PlannedChangeset): EngineFailure {
  const error = new AppError(
    'failedPrecondition',
    'CHANGESET_PARTIAL_CHANGED',
    'The statements of an interrupted changeset are not those that ran.',
    {
      hint: 'Put its old text back to resume it.',
    },
  )
  return { ...toFailure(error), changeset: planned.key }
}
