import { HttpCallError, readEventStream } from '@sluice/client'
import { executionEndpoints, executionView, type ExecutionView } from '@sluice/contract'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { describeExecutionText, describePlacing, describeStep, describeTrouble, describeWait, stepsOf } from './execution-text.ts'
import { followLog } from './follow-log.ts'

const finalStates = new Set(['Succeeded', 'Failed', 'Cancelled', 'Unknown'])

/** For a second or two every step group waits for its delegate; that is no news. */
const waitIsNewsMs = 3000

/** Stays with an execution until it is over (or Unknown), printing each change once; reconnects when the server went away. */
export async function followExecution(
  context: CommandContext,
  executionId: string,
  options: { readonly showLogs: boolean },
): Promise<number> {
  const { printer, signal } = context
  const said = new Map<string, string>()
  const logs: Promise<void>[] = []
  let last: ExecutionView | undefined
  const isQueued = (): boolean => last !== undefined && stepsOf(last).some(({ group }) => group.state === 'Queued')
  let waits: NodeJS.Timeout | undefined
  for await (const execution of watch(context, executionId)) {
    last = execution
    for (const { stage, group } of stepsOf(execution)) {
      const text = describePlacing(group).join('\n             ')
      if (text === '' || said.get(group.groupId) === text) continue
      said.set(group.groupId, text)
      printer.progress(`${group.state.padEnd(10)} ${stage}/${group.identifier}  ${text}`)
    }
    waits ??= isQueued() ? setTimeout(() => void sayWaits(context, executionId), waitIsNewsMs).unref() : undefined
    if (!isQueued()) {
      clearTimeout(waits)
      waits = undefined
    }
    for (const { step } of stepsOf(execution)) {
      if (step.state === 'Pending') continue
      const isNew = !said.has(step.stepRunId)
      const text = [step.state, step.waitingFor].join('|')
      if (said.get(step.stepRunId) === text) continue
      said.set(step.stepRunId, text)
      printer.progress(
        [describeStep(step, Date.now()), ...describeTrouble(execution, step).map((line) => `             ${line}`)].join('\n'),
      )
      if (options.showLogs && isNew && step.state !== 'Skipped') {
        logs.push(followLog(context, executionId, step.stepRunId, (line) => printer.progress(`  ${step.path} │ ${line}`)))
      }
    }
    if (finalStates.has(execution.state)) break
  }
  clearTimeout(waits)
  if (signal.aborted) {
    printer.progress(`The execution goes on. Stop it with: sluice execution cancel ${executionId}`)
    return exitCodes.cancelled
  }
  await Promise.all(logs)
  if (last === undefined) return exitCodes.unavailable
  const ended = last
  printer.result(ended, () => describeExecutionText(ended, Date.now()))
  return {
    Succeeded: exitCodes.ok,
    Failed: exitCodes.failure,
    Cancelled: exitCodes.cancelled,
    Unknown: exitCodes.unknown,
    Running: exitCodes.failure,
  }[ended.state]
}

/** Says once why step groups have no delegate yet; the answer of `execution show --selection`. */
async function sayWaits(context: CommandContext, executionId: string): Promise<void> {
  const call = { params: { executionId }, signal: context.signal }
  // Only a word on the way: whoever follows hears of a lost server by the stream.
  const trace = await context
    .client()
    .call(executionEndpoints.selection, call)
    .catch(() => undefined)
  for (const task of trace?.tasks ?? []) context.printer.progress(describeWait(task).join('\n'))
}

/** Every state of an execution from now on, over as many connections as it takes. */
async function* watch(context: CommandContext, executionId: string): AsyncGenerator<ExecutionView> {
  const { signal } = context
  for (let failures = 0; !signal.aborted;) {
    try {
      const response = await context.client().raw(executionEndpoints.events, { params: { executionId }, signal })
      for await (const event of readEventStream(response)) {
        failures = 0
        if (event.event === 'execution') yield executionView.parse(JSON.parse(event.data))
        if (event.event === 'end') return
      }
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof HttpCallError && error.status !== 0 && error.status < 500) throw error
      failures++
      // The server may be restarting; the execution goes on without it and without us.
      if (failures > 60) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.min(5000, 250 * failures)))
    }
  }
}
