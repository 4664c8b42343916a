import { hasErrors, parseDatabaseUrl, readDatabaseUrl, toAppError } from '@sluice/base'
import type { TaskStep } from '@sluice/contract'
import type { Changelog } from '@sluice/changelog'
import { noteKindOfWork } from '@sluice/code-cache'
import { loadDriver, openDatabase } from '@sluice/databases'
import { runApplyStep } from './apply-step.ts'
import { connectDatabase } from './connect-database.ts'
import { createFolderTree } from '@sluice/sources'
import { createEngineListener, type DatabaseStep, describeProblems } from './database-step.ts'
import { fetchGitSource } from './git-source.ts'
import { readChangelog } from './read-changelog.ts'
import { runRollbackStep } from './rollback-step.ts'
import { runScriptStep } from './scripts/run-script-step.ts'
import { sessionName } from './session-name.ts'
import { textOf } from './slot-values.ts'
import type { SourceTaker } from './source-ahead.ts'
import { failed, type StepContext, type StepResult } from './step-context.ts'
import { stoppedFailure } from './step-stop.ts'

const stepTypes: Readonly<Record<string, (context: StepContext, work: DatabaseStep) => Promise<StepResult>>> = {
  DBSchemaApply: runApplyStep,
  DBSchemaRollback: runRollbackStep,
}

/** Runs one step to its end. Never throws: whatever happens becomes a result. */
export async function runStep(context: StepContext<TaskStep>): Promise<StepResult> {
  const { step, order, log, stop } = context
  const refusal: { error?: unknown } = {}
  try {
    if (step.kind === 'run') {
      noteKindOfWork(step.kind)
      return await runScriptStep({ ...context, step })
    }
    const run = stepTypes[order.type]
    if (run === undefined)
      return failed('STEP_TYPE_UNSUPPORTED', `This runner cannot run steps of type "${order.type}".`, 'Upgrade the delegate.')
    noteKindOfWork(order.type)
    return await runDatabaseStep({ ...context, step }, refusal, run)
  } catch (thrown) {
    const error = toAppError(refusal.error ?? thrown)
    log.line(`${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`)
    if (error.code === 'PERMIT_ALREADY_ISSUED') {
      return { outcome: 'Unknown', failure: { kind: 'infrastructure', code: error.code, message: error.message } }
    }
    if (stop.cause === 'timeout')
      return failed('STEP_TIMEOUT', `The step "${step.path}" ran out of time before it changed anything.`, undefined, 'timeout')
    if (stop.signal.aborted || error.code === 'STEP_CANCELLED') {
      return {
        outcome: 'Cancelled',
        failure: stoppedFailure(stop.cause, 'The step was stopped before it changed anything.'),
      }
    }
    const kind = error.kind === 'internal' ? 'infrastructure' : 'step'
    return failed(
      error.code,
      error.kind === 'internal' ? `Internal error of the runner: ${error.message}` : error.message,
      error.hint,
      kind,
    )
  }
}

async function runDatabaseStep(
  context: StepContext,
  refusal: { error?: unknown },
  run: (context: StepContext, work: DatabaseStep) => Promise<StepResult>,
): Promise<StepResult> {
  const { step, order, slots, log, stop, task, clock, timings } = context
  const { source, database: binding } = step
  const revision = order.pinnedCommit ?? `${source.revision.kind} ${source.revision.name}`
  log.line(`Fetching ${source.url} at ${revision}.`)
  const { engine } = readDatabaseUrl(binding.connectionUrl)
  const taker: SourceTaker = {
    pinnedCommit: order.pinnedCommit,
    signal: stop.signal,
    onLine: (line) => log.line(`git: ${line}`),
    say: (line) => log.line(line),
  }
  const fetching = context
    .takeSource(taker)
    .then((checkout) => checkout ?? fetchGitSource(source, { workDir: context.workDir, slots, clock, timings, ...taker }))
  loadDriver(engine)
  const checkout = await fetching
  log.line(`Commit ${checkout.commit}.`)
  context.send({ type: 'source.resolved', stepRunId: step.stepRunId, sourceKey: source.sourceKey, commit: checkout.commit })

  const tree = createFolderTree(checkout.dir)
  // A changelog that cannot be read costs no connection; a URL for MySQL may turn out to be a MariaDB, though.
  for (const { message, hint } of parseDatabaseUrl(binding.connectionUrl).diagnostics)
    log.line(`warning: ${message} ${hint ?? ''}`.trim())
  let parsed = await readChangelog(tree, source.location, binding, engine)
  if (parsed.changelog === undefined || hasErrors(parsed.diagnostics)) {
    return failed(
      'CHANGELOG_INVALID',
      describeProblems(parsed.diagnostics, log),
      'Mend the changelog and push it; nothing was changed.',
    )
  }
  for (const diagnostic of parsed.diagnostics) log.line(`${diagnostic.severity}: ${diagnostic.message}`)

  const open = (signal: AbortSignal) =>
    openDatabase({
      url: binding.connectionUrl,
      user: textOf(binding.username, slots),
      password: textOf(binding.password, slots),
      applicationName: sessionName(binding.dbInstance, task.epoch, task.attemptId),
      signal,
    })
  log.line(`Connecting to ${binding.targetKey}.`)
  const database = await connectDatabase(() => open(stop.signal), {
    clock,
    timings,
    signal: stop.signal,
    say: (line) => log.line(line),
  })
  try {
    const { name } = database.dialect
    noteKindOfWork(name)
    if (name !== engine || parsed.asksDatabase)
      parsed = await readChangelog(tree, source.location, binding, name, await database.readFacts([]))
    if (parsed.changelog === undefined)
      return failed(
        'CHANGELOG_INVALID',
        describeProblems(parsed.diagnostics, log),
        'Mend the changelog and push it; nothing was changed.',
      )
    return await run(
      context,
      createWork(context, refusal, { database, changelog: parsed.changelog, commit: checkout.commit, reopen: open }),
    )
  } finally {
    await database.close()
  }
}

function createWork(
  context: StepContext,
  refusal: { error?: unknown },
  opened: Pick<DatabaseStep, 'database' | 'commit' | 'reopen'> & { changelog: Changelog },
): DatabaseStep {
  const contexts = context.step.database.context
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const details: DatabaseStep['details'] = new Map()
  return {
    ...opened,
    details,
    selection: {
      ...(contexts === undefined || contexts.length === 0 ? {} : { contexts }),
      allowCommands: context.allowCommands,
    },
    onEvent: createEngineListener(context, details),
    refusal,
  }
}
