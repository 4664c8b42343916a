import type { Clock, Timings } from '@sluice/base'
import type { AttemptEvent, TaskSpec } from '@sluice/contract'
import { openDatabase } from '@sluice/databases'
import { type ExpectedWork, inspect, type Inspection } from '@sluice/engine'
import { connectDatabase } from './connect-database.ts'
import { sessionName } from './session-name.ts'
import { type SlotValues, textOf } from './slot-values.ts'
import type { StepLog } from './step-log.ts'

const findings = { none: 'noneApplied', all: 'allApplied', prefix: 'partlyApplied', mixed: 'partlyApplied' } as const

/**
 * Looks at the database of a step whose outcome is unknown and reports what is there. It reads only, takes no lock and decides
 * nothing: a person resolves the step with what this found beside it.
 */
export async function runInspectionTask(options: {
  readonly task: TaskSpec
  readonly slots: SlotValues
  readonly log: StepLog
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly timings: Timings
  readonly send: (event: AttemptEvent) => void
}): Promise<void> {
  const { task, slots, log, signal, clock, timings } = options
  const step = task.steps[0]
  const asked = task.inspection
  if (step?.kind !== 'database' || asked === undefined) return
  const expected: ExpectedWork = {
    direction: asked.direction,
    changesets: asked.changesets,
    runId: asked.stepRunId,
    applicationNamePrefix: sessionName(step.database.dbInstance, asked.epoch, asked.attemptId),
  }
  let found: Inspection
  try {
    log.line(`Inspecting ${step.database.targetKey} for what step "${step.path}" left.`)
    const open = () =>
      openDatabase({
        url: step.database.connectionUrl,
        user: textOf(step.database.username, slots),
        password: textOf(step.database.password, slots),
        applicationName: 'sluice:inspection',
        signal,
      })
    const database = await connectDatabase(open, { clock, timings, signal, say: (line) => log.line(line) })
    try {
      found = await inspect({ database, expected })
    } finally {
      await database.close()
    }
  } catch (error) {
    const message = `The database could not be inspected: ${error instanceof Error ? error.message : String(error)}`
    log.line(message)
    options.send({
      type: 'inspection.finished',
      stepRunId: asked.stepRunId,
      finding: 'cannotTell',
      appliedCount: 0,
      expectedCount: asked.changesets.length,
      liveSessions: 0,
      lockHolder: null,
      message: message.slice(0, 8000),
    })
    return
  }
  log.line(found.summary)
  options.send({
    type: 'inspection.finished',
    stepRunId: asked.stepRunId,
    finding: found.settled ? findings[found.finding] : found.sessions.length > 0 ? 'cannotTell' : 'partlyApplied',
    appliedCount: found.done,
    expectedCount: found.expected,
    liveSessions: found.sessions.length,
    lockHolder: found.lock?.lockedBy ?? null,
    message: found.summary.slice(0, 8000),
  })
}
