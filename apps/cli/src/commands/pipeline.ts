import { AppError } from '@sluice/base'
import { executionEndpoints } from '@sluice/contract'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { followExecution } from './follow-execution.ts'

/** `sluice pipeline run NAME`: starts it, and with `--wait` or `--follow` stays until it is over. */
export async function runPipeline(
  context: CommandContext,
  pipelineIdentifier: string,
  options: {
    readonly inputs: readonly string[]
    readonly wait: boolean
    readonly follow: boolean
    readonly idempotencyKey?: string
  },
): Promise<number> {
  const inputs = Object.fromEntries(
    options.inputs.map((text): [string, string] => {
      const equals = text.indexOf('=')
      if (equals < 1) throw new AppError('invalid', 'INPUT_INVALID', `"--input ${text}" is not of the form name=value.`)
      return [text.slice(0, equals), text.slice(equals + 1)]
    }),
  )
  const started = await context.client().call(executionEndpoints.run, {
    body: {
      pipelineIdentifier,
      ...context.scope,
      inputs,
      ...(options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey }),
    },
    signal: context.signal,
  })
  if (!options.wait && !options.follow) {
    context.printer.result(
      started,
      () =>
        `Started ${started.pipelineName} #${String(started.sequence)}: ${started.id}\nWatch it with: sluice execution logs ${started.id} --follow`,
    )
    return exitCodes.ok
  }
  context.printer.progress(`Started ${started.pipelineName} #${String(started.sequence)}: ${started.id}`)
  return followExecution(context, started.id, { showLogs: options.follow })
}
