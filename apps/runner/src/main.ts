import { createWriteStream, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { type Logger, systemClock, toAppError } from '@sluice/base'
import { kindsOfWork } from '@sluice/code-cache'
import { type AttemptApi, createAttemptApi } from './attempt-api.ts'
import { openPatience } from './patience.ts'
import { runAttempt } from './run-attempt.ts'
import { readRunnerConfig, type RunnerConfig } from './runner-config.ts'
import { readSlotFolder, readSlotValues, type SlotValues } from './slot-values.ts'
import { runnerVersion } from './version.ts'

/** Exit codes: 0 completed, 3 fenced (another attempt counts), 1 failed. The delegate reports what it saw. */
const exitCodes = { completed: 0, fenced: 3 } as const

const logger = createLineLogger()

export { kindsOfWork }
export const done = main()

/** Ends the process: nothing that is still open keeps a runner from ending. */
async function main(): Promise<void> {
  try {
    process.exitCode = await runTask()
  } catch (thrown) {
    const error = toAppError(thrown)
    logger.error({ code: error.code, error: error.message }, 'The runner failed')
    writeExit(process.env['SLUICE_ATTEMPT_DIR'], { end: 'failed', code: error.code, message: error.message })
    process.exitCode = 1
  }
  process.exit()
}

async function runTask(): Promise<number> {
  const config = readRunnerConfig(process.env)
  const shutdown = new AbortController()
  process.once('SIGTERM', () => shutdown.abort(new Error('The runner was asked to end.')))
  // A terminal's Ctrl-C reaches the whole process group; the delegate decides about its runners.
  process.on('SIGINT', () => {})
  process.on('SIGHUP', () => {})
  const api = createAttemptApi({
    relay: config.relay,
    attemptToken: config.attemptToken,
    timings: config.timings,
    clock: systemClock,
    version: runnerVersion,
    relayPin: config.relayPin,
  })
  const patience = openPatience(config.task.notAfterMs, config.timings)
  const slots = await readSlots(config, api, AbortSignal.any([shutdown.signal, patience.orders]))
  patience.close()
  const end = await runAttempt(config, { api, slots, clock: systemClock, logger, shutdown: shutdown.signal })
  writeExit(config.attemptDir, { end })
  return exitCodes[end]
}

/** The secret values, the way that this runner's executor hands them over. */
async function readSlots(config: RunnerConfig, api: AttemptApi, signal: AbortSignal): Promise<SlotValues> {
  if (config.slotsDir !== undefined) return readSlotFolder(config.slotsDir)
  if (config.ticketFile === undefined) return readSlotValues()
  const { tradeTicket } = await import('./secret-ticket.ts')
  return tradeTicket(api, config.task.attemptId, readFileSync(config.ticketFile), signal)
}

/** The runner's own word on how it ended, for a delegate that was not there to see it. */
function writeExit(attemptDir: string | undefined, record: Record<string, unknown>): void {
  if (attemptDir !== undefined) writeFileSync(join(attemptDir, 'exit.json'), JSON.stringify(record), { mode: 0o600 })
}

function createLineLogger(): Logger {
  // Streams of files are loaded for the first line, which most runners never write.
  let out: Writable | undefined
  const write = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    out ??= createWriteStream('', { fd: 2, autoClose: false })
    out.write(`${JSON.stringify({ time: new Date().toISOString(), level, ...fields, message })}\n`)
  }
  return { debug: () => {}, info: write('info'), warn: write('warn'), error: write('error') }
}
