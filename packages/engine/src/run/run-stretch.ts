import type { SmallTransaction } from '../database.ts'
import { DatabaseError } from '../database.ts'
import type { PlannedChangeset, PlannedStatement } from '../plan.ts'
import type { ReportEntry } from '../report.ts'
import { finishChangeset, startChangeset, startStatement } from './changeset-progress.ts'
import type { Progress } from './changeset-progress.ts'
import type { ChangesetRun } from './changeset-run.ts'
import { failChangeset } from './fail-changeset.ts'
import { boundRecordingOf } from './recording.ts'
import type { WriteSession } from './write-session.ts'

/** Whether a changeset may be sent before those ahead of it are answered: one small statement that asks for nothing first. */
export function mayJoinStretch({ database, newTables }: WriteSession, planned: PlannedChangeset): boolean {
  const { changeset, statements, messages, stop, transactional } = planned
  const [only] = statements
  return (
    database.executeStretch !== undefined &&
    transactional &&
    stop === undefined &&
    changeset.preconditions === undefined &&
    changeset.isInvalid !== true &&
    messages.length === 0 &&
    statements.length === 1 &&
    only !== undefined &&
    only.command === undefined &&
    only.typed === undefined &&
    newTables.mayCommitWith(only.sql, database.dialect)
  )
}

/** A changeset on its way. */
interface OnItsWay {
  readonly run: ChangesetRun
  readonly statement: PlannedStatement
  started: { readonly progress: Progress; readonly finishStatement: ReturnType<typeof startStatement> } | undefined
}

/**
 * Runs small changesets, each a transaction of its own, without waiting for one to end before the next is sent. Told of, and reported, they are
 * one after the other. Ends behind the last that `next` gives, or with the first that does not end well: none of those behind it has run
 * then, and none is reported, unless the connection is lost, when of all that were on their way the outcome is unknown.
 */
export async function runStretch(
  session: WriteSession,
  next: () => ChangesetRun | undefined,
  onEntry: (entry: ReportEntry) => void,
): Promise<void> {
  const { database, newTables } = session
  const onTheirWay: OnItsWay[] = []
  // Whatever throws here, those that are on their way end first: nobody may lose count of them.
  let thrown: { readonly error: unknown } | undefined
  const guarded = <T>(call: () => T): T | undefined => {
    try {
      return call()
    } catch (error) {
      thrown ??= { error }
      return undefined
    }
  }
  const start = (one: OnItsWay): Progress => {
    const progress = startChangeset(session, one.run)
    // The commit is behind it already.
    progress.inDoubt = true
    one.started = { progress, finishStatement: startStatement(session, one.run, progress, one.statement) }
    return progress
  }
  const take = (): SmallTransaction | undefined => {
    const run = thrown === undefined ? guarded(next) : undefined
    const after = run === undefined ? undefined : guarded(() => boundRecordingOf(session, run))
    const [statement] = run?.statements ?? []
    if (run === undefined || after === undefined || statement === undefined) return undefined
    const one: OnItsWay = { run, statement, started: undefined }
    onTheirWay.push(one)
    // What is behind it only runs if it does.
    newTables.note(run.statements, database.dialect)
    if (onTheirWay.length === 1) guarded(() => start(one))
    return {
      sql: statement.sql,
      after,
      onExecuted: (result) => guarded(() => one.started?.finishStatement(result)),
      onCommitted: () => {
        onTheirWay.shift()
        guarded(() => one.started && onEntry(finishChangeset(session, run, one.started.progress)))
        const [first] = onTheirWay
        if (first !== undefined) guarded(() => start(first))
      },
    }
  }
  try {
    await session.cancellable(() => database.executeStretch?.(take) ?? Promise.resolve())
  } catch (error) {
    newTables.clear()
    const [first, ...behind] = onTheirWay
    if (first?.started === undefined) throw error
    const { progress } = first.started
    // After the statement's own error nothing is committed.
    if (progress.statementSent && error instanceof DatabaseError && !error.connectionLost) progress.inDoubt = false
    const entry = await failChangeset(session, first.run, progress, error)
    onEntry(entry)
    if (entry.state !== 'unknown') return
    for (const one of behind) onEntry(await failChangeset(session, one.run, start(one), error))
  }
  if (thrown !== undefined) throw thrown.error
}
