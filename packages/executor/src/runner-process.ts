import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { AppError } from '@sluice/base'
import { attemptPaths } from './attempt-folder.ts'
import type { SlotValues } from './executor.ts'
import { type ProcessIdentity, identifyProcess } from './process-identity.ts'
import { encodeSlotValues } from './slot-message.ts'

/** How runners are started. */
export interface RunnerCommand {
  /** The Node.js binary. */
  readonly node: string
  readonly nodeArguments: readonly string[]
  /** The runner's entry file. */
  readonly entry: string
  /** Added to the runner's environment. Never secrets: environments can be read by others of the same user. */
  readonly environment: Readonly<Record<string, string>>
}

/** The whole environment of a runner: nothing is inherited from the delegate's. */
export function runnerEnvironment(command: RunnerCommand, folder: string, relay: string): Record<string, string> {
  const paths = attemptPaths(folder)
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    ...command.environment,
    HOME: paths.work,
    TMPDIR: paths.temporary,
    SLUICE_ATTEMPT_DIR: folder,
    SLUICE_RELAY: relay,
    SLUICE_ATTEMPT_TOKEN_FILE: paths.token,
  }
}

/** A runner that waits for its values on descriptor 3 and does nothing before it has them whole. */
export interface StartedRunner {
  readonly child: ChildProcess
  readonly identity: ProcessIdentity
}

/**
 * Starts a runner as the leader of a session of its own, with files for output, so that it outlives the process that started it.
 * Throws `AppError('unavailable', 'PLACEMENT_FAILED')`.
 */
export async function startRunner(command: RunnerCommand, folder: string, relay: string): Promise<StartedRunner> {
  const paths = attemptPaths(folder)
  const log = openSync(paths.log, 'a', 0o600)
  // The mask is the whole process's, but spawn is synchronous: nothing else runs while it is changed.
  const umask = process.umask(0o077)
  let child: ChildProcess
  let identity: ProcessIdentity | undefined
  try {
    child = spawn(command.node, [...command.nodeArguments, command.entry], {
      cwd: paths.work,
      detached: true,
      env: runnerEnvironment(command, folder, relay),
      stdio: ['ignore', log, log, 'pipe'],
    })
    // In the same turn of the event loop: even if it has ended already, it has not been reaped yet.
    identity = child.pid === undefined ? undefined : identifyProcess(child.pid)
  } catch (cause) {
    throw placementFailed(command, cause)
  } finally {
    process.umask(umask)
    closeSync(log)
  }
  const started = await new Promise<Error | undefined>((resolve) => {
    child.once('error', resolve)
    child.once('spawn', () => {
      resolve(undefined)
    })
  })
  if (started !== undefined || identity === undefined) throw placementFailed(command, started)
  child.unref()
  return { child, identity }
}

/** Writes the values to the runner and closes the channel. A runner that has ended meanwhile is no error here: its end tells. */
export async function handOverValues(child: ChildProcess, values: SlotValues): Promise<void> {
  const channel = child.stdio[3] as Writable
  const message = encodeSlotValues(values)
  try {
    await new Promise<void>((resolve) => {
      channel.once('error', () => {
        resolve()
      })
      channel.end(message, () => {
        resolve()
      })
    })
  } finally {
    message.fill(0)
    channel.destroy()
  }
}

function placementFailed(command: RunnerCommand, cause: unknown): AppError {
  return new AppError('unavailable', 'PLACEMENT_FAILED', `The runner "${command.entry}" could not be started.`, {
    hint: `Check that "${command.node}" and the entry file exist and may be run, and that the system has room for another process.`,
    ...(cause === undefined ? {} : { cause }),
  })
}
