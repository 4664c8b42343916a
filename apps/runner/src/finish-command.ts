import type { CommandReport } from '@sluice/engine'
import type { DatabaseStep } from './database-step.ts'
import { describeEngineFailure } from './engine-log.ts'
import { settleUnknown } from './inspect-work.ts'
import { failed, type StepContext, type StepResult } from './step-context.ts'
import { stoppedFailure } from './step-stop.ts'

interface CommandEnd {
  readonly outputs: Record<string, string | null>
  readonly lastTag: string | null
  readonly skipped: number
  /** `applied to orders_dev`: ends the sentence that counts changesets. */
  readonly what: string
}

/** A command's report as the step's result. What the engine could not know is looked up on a new connection, once, within a bound. */
export async function finishCommand(
  context: StepContext,
  work: DatabaseStep,
  report: CommandReport,
  direction: 'apply' | 'rollback',
  end: CommandEnd,
): Promise<StepResult> {
  const { log, stop } = context
  const done = report.entries.filter((entry) => entry.state === 'done').length
  const summary = {
    applied: direction === 'apply' ? done : 0,
    skipped: end.skipped,
    rolledBack: direction === 'rollback' ? done : 0,
    lastTag: end.lastTag,
  }
  const outputs = end.outputs
  switch (report.state) {
    case 'succeeded':
      log.line(`${String(done)} changesets ${end.what} in ${String(Math.round(report.durationMs))} ms.`)
      return { outcome: 'Succeeded', outputs, summary }
    case 'canceled': {
      const left = `${String(done)} of ${String(report.entries.length)} changesets had been ${end.what}; the running one was rolled back by the database.`
      if (stop.cause === 'timeout')
        return {
          ...failed(
            'STEP_TIMEOUT',
            `The step ran out of time. ${left}`,
            'Give it a longer timeout, or split the change.',
            'timeout',
          ),
          outputs,
          summary,
        }
      return {
        outcome: 'Cancelled',
        outputs,
        summary,
        failure: stoppedFailure(stop.cause, 'The step was stopped.', left),
      }
    }
    case 'failed': {
      const error = report.firstError
      const message = error === undefined ? 'The command failed without saying why.' : describeEngineFailure(error)
      log.line(`Failed: ${message}`)
      return {
        ...failed(
          error?.code ?? 'COMMAND_FAILED',
          message,
          `${String(done)} of ${String(report.entries.length)} changesets were ${end.what}.`,
        ),
        outputs,
        summary,
      }
    }
    case 'unknown':
      return settleUnknown(context, work, report, direction, { ...end, summary })
  }
}
