import { AppError } from '@sluice/base'
import { type RunTaskStep, secretOutputSlot, type SlotValue } from '@sluice/contract'
import type { SlotValues } from '../slot-values.ts'
import { failed, type StepContext, type StepResult } from '../step-context.ts'
import { containerPlace, startInContainer } from './container-process.ts'
import { startOnHost } from './host-process.ts'
import { logStream } from './script-log.ts'
import type { ScriptOutputs } from './script-outputs.ts'
import type { ScriptProcess, ScriptRequest } from './script-process.ts'
import { stoppedFailure } from '../step-stop.ts'

/** Between asking a script to end and ending it. */
const graceMs = 10_000

/**
 * Runs a user's script to its end. It asks for no permit: it names no target. It is stopped by SIGTERM and, ten seconds later, SIGKILL to
 * its whole process group. Throws `AppError` where it could not be run.
 */
export async function runScriptStep(context: StepContext<RunTaskStep>): Promise<StepResult> {
  const { step, order, log, stop, secretOutputs } = context
  const { run } = order
  if (run === undefined) return failed('ORDER_INCOMPLETE', 'The control plane ordered this step without its script.')
  const values = { slots: context.slots, secretOutputs }
  const request: ScriptRequest = {
    stepRunId: step.stepRunId,
    signal: stop.signal,
    environment: new Map(run.env.map(({ name, value }) => [name, joinParts(value, values)])),
    command: joinParts(run.command, values),
  }
  for (const bytes of [request.command, ...request.environment.values()]) refuseNul(bytes)
  log.line(
    step.container === undefined
      ? `Running the script with ${step.shell}.`
      : `Running the script with ${step.shell} in ${step.container}.`,
  )
  const started = await start(context, request)
  try {
    const code = await drive(started.process, context)
    const ending = endingOf(code, started.process.wasTold(), context)
    if (ending !== undefined) return ending
    return { outcome: 'Succeeded', ...keepOutputs(started.readOutputs(), context) }
  } finally {
    started.process.dispose()
    for (const bytes of [request.command, ...request.environment.values()]) bytes.fill(0)
  }
}

function start(
  context: StepContext<RunTaskStep>,
  request: ScriptRequest,
): Promise<{ readonly process: ScriptProcess; readonly readOutputs: () => ScriptOutputs }> {
  const { step, containersDir, workDir, clock } = context
  if (step.container === undefined) return Promise.resolve(startOnHost(step, request, workDir))
  if (containersDir === undefined) {
    throw new AppError(
      'internal',
      'CONTAINERS_MISSING',
      `The step "${step.path}" needs a container, and this runner is not in a pod.`,
    )
  }
  return startInContainer(step, request, containerPlace(containersDir, step.container, context.containerRoot), clock)
}

/** Follows a running script to its end, and stops it when that is asked for. */
async function drive(script: ScriptProcess, { log, stop }: StepContext<RunTaskStep>): Promise<number> {
  let timer: NodeJS.Timeout | undefined
  const onStop = (): void => {
    log.line('The script is asked to end.')
    script.signal('TERM')
    timer = setTimeout(() => script.signal('KILL'), graceMs)
  }
  if (stop.signal.aborted) onStop()
  else stop.signal.addEventListener('abort', onStop, { once: true })
  const logged = Promise.all([logStream(script.stdout, log), logStream(script.stderr, log)])
  try {
    const code = await script.exit
    await Promise.race([logged, new Promise((resolve) => setTimeout(resolve, 1000))])
    return code
  } finally {
    clearTimeout(timer)
    stop.signal.removeEventListener('abort', onStop)
  }
}

/** How a script that did not succeed ended; undefined for one that did. */
function endingOf(code: number, wasTold: boolean, { stop, step, log }: StepContext<RunTaskStep>): StepResult | undefined {
  if (stop.cause === 'timeout' && stop.signal.aborted) {
    return failed(
      'STEP_TIMEOUT',
      `The step "${step.path}" ran out of time and was stopped.`,
      'Give it a longer timeout.',
      'timeout',
    )
  }
  if (stop.signal.aborted) {
    return { outcome: 'Cancelled', failure: stoppedFailure(stop.cause, 'The script was stopped.') }
  }
  // A pod's containers are told to end one by one: the script's may hear of it before the runner does.
  if (wasTold) {
    log.line('The script’s container was told to end.')
    return { outcome: 'Cancelled', failure: stoppedFailure('shutdown', 'The script was stopped.') }
  }
  if (code === 0) return undefined
  const signal = code > 128 && code < 192 ? ` (signal ${String(code - 128)})` : ''
  log.line(`The script ended with exit code ${String(code)}${signal}.`)
  const hint =
    code === 127
      ? 'A program that it needs is not in the image or not on its PATH; the log says which.'
      : code === 137
        ? 'Something killed it: most often it needs more memory than its limit.'
        : 'The log says why.'
  return failed('SCRIPT_FAILED', `The script ended with exit code ${String(code)}${signal}.`, hint)
}

/** Outputs for the control plane; secret ones stay here, masked from now on, for later steps of this group. */
function keepOutputs(
  found: ScriptOutputs,
  { step, log, secretOutputs, addMask }: StepContext<RunTaskStep>,
): Pick<StepResult, 'outputs'> {
  const outputs: Record<string, string | null> = {}
  for (const { name, type, variable } of step.outputVariables) {
    const value = found.get(name)
    if (value === undefined) log.line(`The output "${name}" was not set: there is no variable ${variable}.`)
    else if (type === 'String') outputs[name] = value.toString('utf8')
    else {
      secretOutputs.set(secretOutputSlot(step.stepRunId, name), value)
      addMask(name, value)
    }
  }
  return Object.keys(outputs).length === 0 ? {} : { outputs }
}

/** The parts as one value. Throws `SLOT_VALUE_MISSING`. */
function joinParts(
  parts: readonly SlotValue[],
  { slots, secretOutputs }: { slots: SlotValues; secretOutputs: ReadonlyMap<string, Buffer> },
): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (part.kind === 'literal') return Buffer.from(part.text)
      const value = slots.get(part.slot) ?? secretOutputs.get(part.slot)
      if (value !== undefined) return value
      throw new AppError('failedPrecondition', 'SLOT_VALUE_MISSING', `There is no value for "${part.slot}".`, {
        hint: 'A secret output can be used by later steps of the same step group only, once its step has set it.',
      })
    }),
  )
}

function refuseNul(bytes: Uint8Array): void {
  if (!bytes.includes(0)) return
  throw new AppError(
    'invalid',
    'SCRIPT_HAS_NUL',
    'A script or a variable of its environment holds a NUL byte, which no shell can take.',
    {
      hint: 'A secret file with binary content has to be encoded, for example as base64.',
    },
  )
}
