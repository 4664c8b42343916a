import { type CommandReport, type ExpectedWork, inspect, type Inspection } from '@sluice/engine'
import { changesetName, describeEngineFailure } from './engine-log.ts'
import { sessionName } from './session-name.ts'
import type { DatabaseStep } from './database-step.ts'
import { failed, type StepContext, type StepResult } from './step-context.ts'

interface KnownPart {
  readonly outputs: Record<string, string | null>
  readonly summary: NonNullable<StepResult['summary']>
  readonly what: string
}

/**
 * The connection was lost while a change may or may not have become durable. The history row commits with its change, so a new
 * connection can tell, as soon as the old session is gone at the server. Where it cannot be told in time, the step is `Unknown`.
 */
export async function settleUnknown(
  context: StepContext,
  work: DatabaseStep,
  report: CommandReport,
  direction: 'apply' | 'rollback',
  known: KnownPart,
): Promise<StepResult> {
  const { log, task, step } = context
  log.line(
    `The connection was lost: ${report.firstError === undefined ? 'no reason given' : describeEngineFailure(report.firstError)}`,
  )
  const expected: ExpectedWork = {
    direction,
    changesets: report.entries.map((entry) => entry.changeset),
    runId: step.stepRunId,
    applicationNamePrefix: sessionName(step.database.dbInstance, task.epoch, task.attemptId),
  }
  const found = await lookUntilSettled(context, work, expected)
  if (found === undefined || found.partial.length > 0 || found.finding === 'mixed') {
    const message = found?.summary ?? 'The database did not answer again in time.'
    log.line(`The outcome cannot be known: ${message}`)
    return {
      outcome: 'Unknown',
      failure: { kind: 'infrastructure', code: 'OUTCOME_UNKNOWN', message },
      outputs: known.outputs,
      summary: known.summary,
    }
  }
  log.line(`After reconnecting: ${found.summary}`)
  const doneNames = new Set(found.doneChangesets.map(changesetName))
  for (const { changeset, durationMs, statements } of report.entries.filter((entry) => entry.state === 'unknown')) {
    if (!doneNames.has(changesetName(changeset))) continue
    const { id, author, path } = changeset
    context.send({
      type: 'changeset.finished',
      stepRunId: step.stepRunId,
      id,
      author,
      path,
      state: direction === 'apply' ? 'applied' : 'rolledBack',
      durationMs,
      statements,
    })
  }
  const done = found.done
  const summary = { ...known.summary, ...(direction === 'apply' ? { applied: done } : { rolledBack: done }) }
  return {
    ...failed(
      'CONNECTION_LOST',
      `The connection to the database was lost. ${String(done)} of ${String(found.expected)} changesets were ${known.what}, and the history says so.`,
      'Run it again: it goes on where this run ended.',
    ),
    outputs: known.outputs,
    summary,
  }
}

async function lookUntilSettled(
  context: StepContext,
  work: DatabaseStep,
  expected: ExpectedWork,
): Promise<Inspection | undefined> {
  const { clock, timings, log } = context
  // The step's own stop no longer matters: this only reads.
  const signal = AbortSignal.timeout(timings.cancelForceMs)
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const database = await work.reopen(signal)
      try {
        const found = await inspect({ database, expected, options: work.selection })
        if (found.sessions.length === 0) return found
      } finally {
        await database.close()
      }
    } catch (error) {
      if (attempt === 0) log.line(`Not reachable yet: ${error instanceof Error ? error.message : String(error)}`)
    }
    await clock.sleep(Math.min(timings.heartbeatMs / 4, 250 * 2 ** Math.min(attempt, 6)), signal).catch(() => {
      // Out of time: the loop ends by its condition.
    })
  }
  return undefined
}
