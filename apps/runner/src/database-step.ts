import { hostname } from 'node:os'
import { type Diagnostic, formatDiagnostic, limits } from '@sluice/base'
import type { Changelog } from '@sluice/changelog'
import type { AttemptEvent } from '@sluice/contract'
import {
  releaseStaleLock,
  type ChangesetKey,
  type Database,
  type EngineEvent,
  type OnEngineEvent,
  type SelectionOptions,
  type WriteOptions,
} from '@sluice/engine'
import { changesetName, describeEngineEvent, describeEngineFailure } from './engine-log.ts'
import { requestPermit } from './permit.ts'
import { readServerIdentity } from './server-identity.ts'
import type { StepContext } from './step-context.ts'

/** A database step with everything open that it works on. */
export interface DatabaseStep {
  readonly database: Database
  readonly changelog: Changelog
  readonly commit: string
  readonly selection: SelectionOptions
  readonly onEvent: OnEngineEvent
  /** What the plan knows of each changeset, by its name, for the record of what ran. */
  readonly details: Map<string, ChangesetDetail>
  /** Set when the permit was refused: the engine then ends without having written. */
  readonly refusal: { error?: unknown }
  /** Opens another connection with the same credentials, for the look back after a lost one. */
  reopen(signal: AbortSignal): Promise<Database>
}

/** What the history will say of a changeset beside its key. */
export interface ChangesetDetail {
  readonly checksum: string
  readonly description: string
}

/** Most changesets in one `plan.ready` message, as the contract bounds it. */
const planBatch = 1000

export function reportPlan(context: StepContext, digest: string, keys: readonly ChangesetKey[]): void {
  const { stepRunId } = context.step
  for (let start = 0; start === 0 || start < keys.length; start += planBatch) {
    const changesets = keys.slice(start, start + planBatch).map(({ id, author, path }) => ({ id, author, path }))
    context.send({ type: 'plan.ready', stepRunId, digest, total: keys.length, changesets, more: start + planBatch < keys.length })
  }
}

/**
 * Frees the lock row of a killed Sluice run, where a plan that has nothing to write comes upon one: nothing else would, and a Liquibase would
 * wait for it for ever. The row of a live run, and that of a Liquibase, stay.
 */
export async function releaseLeftLock({ log }: StepContext, { database, selection }: DatabaseStep): Promise<void> {
  const { released } = await releaseStaleLock({ database, options: selection })
  if (released !== undefined)
    log.line(`Freed the changelog lock of ${released.lockedBy ?? 'a killed run'}, whose session is gone.`)
}

/** How the engine takes the lock and asks for the permit, for one command of a step. */
export function writeOptions(context: StepContext, work: DatabaseStep, planDigest: string, changesetCount: number): WriteOptions {
  const { step, timer, log, timings } = context
  return {
    runId: step.stepRunId,
    host: hostname(),
    lockWaitMs: timings.targetWaitMs,
    lockTimeoutMs: step.database.lockTimeoutMs,
    statementTimeoutMs: step.database.statementTimeoutMs,
    cancelWaitMs: timings.cancelInterruptMs,
    beforeFirstWrite: async () => {
      timer.pause()
      let said = ''
      // From here on the delegate must not kill this process: the permit may be granted without our seeing the answer.
      context.permits.add(step.stepRunId)
      const identity = await readServerIdentity(work.database)
      await requestPermit(
        {
          stepRunId: step.stepRunId,
          targetKey: step.database.targetKey,
          serverIdentity: identity,
          planDigest,
          commit: work.commit,
          changesetCount,
        },
        {
          ...context,
          signal: context.stop.signal,
          onWaiting: (what) => {
            if (what === said) return
            said = what
            log.line(`Waiting: ${what}`)
            context.send({ type: 'step.waiting', stepRunId: step.stepRunId, what: what.slice(0, 1000) })
          },
        },
      ).catch((error: unknown) => {
        work.refusal.error = error
        throw error
      })
      timer.resume()
    },
  }
}

/** Turns engine events into log lines, events for the server, and pauses of the step's clock. */
export function createEngineListener(context: StepContext, details: ReadonlyMap<string, ChangesetDetail>): OnEngineEvent {
  const { log, stop, timer, step } = context
  const statements = new Map<string, number>()
  const report = (key: ChangesetKey, state: ReportedState, durationMs: number, message?: string): void => {
    const { id, author, path } = key
    const name = changesetName(key)
    context.send({
      type: 'changeset.finished',
      stepRunId: step.stepRunId,
      id,
      author,
      path,
      state,
      durationMs,
      statements: statements.get(name) ?? 0,
      ...details.get(name),
      ...(message === undefined ? {} : { message }),
    })
  }
  return (event: EngineEvent) => {
    const text = describeEngineEvent(event)
    if (text !== undefined) log.line(text)
    switch (event.type) {
      case 'lockWaiting':
        timer.pause()
        break
      case 'lockAcquired':
        timer.resume()
        break
      case 'changesetStarted':
        statements.set(changesetName(event.changeset), event.statements)
        break
      case 'changesetFinished': {
        const state = resultStates[event.result]
        if (state !== undefined) report(event.changeset, state, event.durationMs)
        stop.boundary()
        break
      }
      case 'changesetFailed':
        report(event.changeset, 'failed', event.durationMs, describeEngineFailure(event.error).slice(0, 16_000))
        break
      default:
        break
    }
  }
}

type ReportedState = Extract<AttemptEvent, { type: 'changeset.finished' }>['state']

const resultStates = {
  executed: 'applied',
  reran: 'reran',
  markedRan: 'markedRan',
  rolledBack: 'rolledBack',
  skipped: undefined,
  alreadyApplied: undefined,
  failedIgnored: undefined,
  synced: undefined,
} as const

/** Names of changesets as a bounded JSON list: the whole list is in the execution's changeset records. */
export function changesetsOutput(keys: readonly ChangesetKey[]): string {
  const names: string[] = []
  let size = 2
  for (const key of keys) {
    const name = changesetName(key)
    size += name.length + 4
    if (size > limits.outputBytesMax / 4) {
      names.push(`… and ${String(keys.length - names.length)} more`)
      break
    }
    names.push(name)
  }
  return JSON.stringify(names)
}

/** All problems on the log, and as one text for the failure. */
export function describeProblems(diagnostics: readonly Diagnostic[], log: { line(text: string): void }): string {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error')
  for (const diagnostic of diagnostics) log.line(formatDiagnostic(diagnostic))
  const shown = errors.slice(0, 10).map((diagnostic) => formatDiagnostic(diagnostic))
  if (errors.length > shown.length) shown.push(`… and ${String(errors.length - shown.length)} more, all in the log.`)
  return shown.join('\n')
}
