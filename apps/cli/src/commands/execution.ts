import { AppError, didYouMean } from '@sluice/base'
import { executionEndpoints, type ExecutionSummary, type ExecutionView, type StepView } from '@sluice/contract'
import type { CommandContext } from '../command-context.ts'
import { formatAge, formatDuration, formatTable } from '../output/table.ts'
import { describeExecutionText, describeWait, lasted, stepsOf } from './execution-text.ts'
import { readPages } from '../read-pages.ts'
import { followLog } from './follow-log.ts'

/** Most changesets that `execution show` prints. */
const changesetsMax = 20_000

export async function listExecutions(
  context: CommandContext,
  options: { readonly pipeline?: string; readonly state?: string; readonly limit: number; readonly all: boolean },
): Promise<void> {
  const items = await readPages(options.limit, (page) =>
    context.client().call(executionEndpoints.list, {
      query: {
        ...(options.all ? {} : context.scope),
        ...(options.pipeline === undefined ? {} : { pipelineIdentifier: options.pipeline }),
        ...(options.state === undefined ? {} : { state: options.state as ExecutionSummary['state'] }),
        ...page,
      },
      signal: context.signal,
    }),
  )
  const now = Date.now()
  const { orgIdentifier, projectIdentifier } = context.scope
  context.printer.result(items, () =>
    formatTable(
      ['ID', 'PIPELINE', 'STATE', 'BY', 'STARTED', 'TOOK', 'INSTANCES'],
      items.map((item) => [
        item.id,
        `${item.pipelineIdentifier} #${String(item.sequence)}`,
        item.state,
        item.triggeredBy,
        `${formatAge(item.startedAt, now)} ago`,
        lasted(item, now),
        item.dbInstances.join(', '),
      ]),
      options.pipeline === undefined && options.state === undefined
        ? `There are no executions ${options.all ? '' : `in ${orgIdentifier}/${projectIdentifier} `}yet. Start one with: sluice pipeline run NAME --follow`
        : 'No execution is like that.',
    ),
  )
}

export async function showExecution(
  context: CommandContext,
  executionId: string,
  options: { readonly changesets: boolean; readonly selection: boolean; readonly events: boolean },
): Promise<void> {
  const client = context.client()
  const call = { params: { executionId }, signal: context.signal }
  const execution = await client.call(executionEndpoints.get, call)
  const changesets = options.changesets
    ? await readPages(changesetsMax, (page) => client.call(executionEndpoints.changesets, { ...call, query: page }))
    : undefined
  const waits = options.selection ? await client.call(executionEndpoints.selection, call) : undefined
  const events = options.events ? (await client.call(executionEndpoints.kubernetesEvents, call)).items : undefined
  context.printer.result(
    {
      ...execution,
      ...(changesets === undefined ? {} : { changesets }),
      ...(waits === undefined ? {} : { selection: waits.tasks }),
      ...(events === undefined ? {} : { kubernetesEvents: events }),
    },
    () => {
      const lines = [describeExecutionText(execution, Date.now())]
      if (changesets !== undefined) {
        const rows = changesets.map((row) => [
          row.dbInstance,
          row.state,
          `${row.path}::${row.id}::${row.author}`,
          formatDuration(row.durationMs),
        ])
        lines.push('', formatTable(['INSTANCE', 'STATE', 'CHANGESET', 'TOOK'], rows, 'No changeset ran.'))
      }
      if (events !== undefined) {
        const rows = events.map(({ at, type, object, reason, message, count }) => [
          at,
          type,
          object,
          reason,
          count === undefined || count < 2 ? message : `${message} (${String(count)} times)`,
        ])
        lines.push('', formatTable(['AT', 'TYPE', 'OBJECT', 'REASON', 'MESSAGE'], rows, 'No cluster said anything about it.'))
      }
      for (const task of waits?.tasks ?? []) lines.push('', ...describeWait(task))
      if (waits?.tasks.length === 0) lines.push('', 'None of its step groups is waiting for a delegate.')
      return lines.join('\n')
    },
  )
}

export async function showLogs(
  context: CommandContext,
  executionId: string,
  step: string | undefined,
  options: { readonly follow: boolean },
): Promise<void> {
  const execution = await context.client().call(executionEndpoints.get, { params: { executionId }, signal: context.signal })
  const steps = step === undefined ? stepsOf(execution).map((entry) => entry.step) : [findStep(execution, step)]
  const withPath = steps.length > 1
  const print = (path: string) => (line: string) =>
    context.printer.event({ step: path, line }, withPath ? `${path} │ ${line}` : line)
  if (options.follow) {
    await Promise.all(
      steps
        .filter((each) => each.state !== 'Skipped')
        .map((each) => followLog(context, executionId, each.stepRunId, print(each.path))),
    )
    return
  }
  for (const each of steps) {
    if (each.log === undefined) continue
    const write = print(each.path)
    let rest = ''
    for (let offset = 0; ;) {
      const response = await context.client().raw(executionEndpoints.log, {
        params: { executionId, stream: each.log.stream },
        query: { offset },
        signal: context.signal,
      })
      const bytes = new Uint8Array(await response.arrayBuffer())
      if (bytes.length === 0) break
      offset += bytes.length
      const lines = (rest + new TextDecoder().decode(bytes)).split('\n')
      rest = lines.pop() ?? ''
      lines.forEach(write)
    }
    if (rest !== '') write(rest)
    if (each.log.gaps > 0)
      context.printer.progress(`(Gaps in the log of ${each.path}, each marked in its text: ${String(each.log.gaps)})`)
  }
}

export async function cancelExecution(
  context: CommandContext,
  executionId: string,
  options: { readonly reason?: string },
): Promise<void> {
  const summary = await context.client().call(executionEndpoints.cancel, {
    params: { executionId },
    body: options.reason === undefined ? {} : { reason: options.reason },
    signal: context.signal,
  })
  context.printer.result(summary, () =>
    summary.state === 'Running'
      ? 'It was asked to stop. A statement that is running at a database is cancelled there, and its end awaited.'
      : `It is ${summary.state}.`,
  )
}

export async function resolveStep(
  context: CommandContext,
  executionId: string,
  step: string,
  options: { readonly as: string; readonly reason: string },
): Promise<void> {
  const client = context.client()
  const execution = await client.call(executionEndpoints.get, { params: { executionId }, signal: context.signal })
  const found = findStep(execution, step)
  const summary = await client.call(executionEndpoints.resolve, {
    params: { executionId, stepRunId: found.stepRunId },
    body: { as: options.as as 'succeeded' | 'failed' | 'not-started', reason: options.reason },
    signal: context.signal,
  })
  context.printer.result(summary, () => `${found.path} is resolved as ${options.as}; its target is free again.`)
}

/** A step by its id, its whole path, or the end of its path where that is enough. */
function findStep(execution: ExecutionView, text: string): StepView {
  const steps = stepsOf(execution).map((entry) => entry.step)
  const exact = steps.filter((step) => step.stepRunId === text || step.path === text)
  const found = exact.length > 0 ? exact : steps.filter((step) => step.identifier === text || step.path.endsWith(`/${text}`))
  if (found.length === 1 && found[0] !== undefined) return found[0]
  const paths = steps.map((step) => step.path)
  const suggestion = didYouMean(text, paths)
  throw new AppError(
    'invalid',
    found.length === 0 ? 'STEP_NOT_FOUND' : 'STEP_AMBIGUOUS',
    found.length === 0 ? `The execution has no step "${text}".` : `"${text}" names ${String(found.length)} steps.`,
    {
      hint:
        found.length === 0
          ? `${suggestion === undefined ? '' : `Did you mean ${suggestion}? `}Steps: ${paths.slice(0, 20).join(', ')}.`
          : `Write the whole path: ${found.map((step) => step.path).join(', ')}.`,
    },
  )
}
