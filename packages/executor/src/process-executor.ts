import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@sluice/base'
import { makeFolder, syncFolder, writeFileAtomic } from './atomic-file.ts'
import {
  type AttemptRecord,
  attemptPaths,
  endOf,
  isPermitOpen,
  missing,
  notStarted,
  readExitRecord,
  readRecord,
  writeRecord,
} from './attempt-folder.ts'
import type { AttemptEnd, AttemptPlan, Executor, PlacedAttempt, SlotValues } from './executor.ts'
import { orAbort } from './or-abort.ts'
import { isRunning } from './process-identity.ts'
import { killLeftovers, sendSignal, whileStopped } from './process-session.ts'
import { cutLog, readTail } from './runner-log.ts'
import { type RunnerCommand, type StartedRunner, handOverValues, startRunner } from './runner-process.ts'

export interface ProcessExecutorOptions {
  /** Folder that holds one folder per attempt. Made when it is not there. */
  readonly dir: string
  /** The runner's entry file. */
  readonly runnerEntry: string
  /** The Node.js binary; this process's own unless said. */
  readonly node?: string | undefined
  readonly nodeArguments?: readonly string[] | undefined
  /** Added to every runner's environment; never secrets. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** How often an adopted runner is looked at, since only a parent is told of an end. */
  readonly watchEveryMs?: number | undefined
  /** Size at which a runner's own diagnostics are cut. */
  readonly logBytesMax?: number | undefined
}

interface Known {
  readonly folder: string
  record: AttemptRecord
  /** Resolves when the runner has ended; set once it was started. */
  ended?: Promise<AttemptEnd>
}

async function save(attempt: Known, change: Partial<AttemptRecord>): Promise<void> {
  attempt.record = { ...attempt.record, ...change }
  await writeRecord(attempt.folder, attempt.record)
}

async function recordEnd(attempt: Known, end: AttemptEnd): Promise<AttemptEnd> {
  // A full disk must not turn a known end into none: the record is only for the next start.
  await save(attempt, { state: 'ended', end }).catch(() => {})
  return end
}

function describe(attempt: Known): PlacedAttempt {
  const { attemptId, epoch, state, process: identity, end } = attempt.record
  return {
    attemptId,
    epoch,
    phase: state === 'ended' ? 'ended' : state === 'running' ? 'running' : 'prepared',
    place: identity === undefined ? 'process' : `process ${identity.pid}`,
    permitOpen: isPermitOpen(attempt.folder),
    ...(end === undefined ? {} : { end }),
  }
}

function watchChild(attempt: Known, { child }: StartedRunner): Promise<AttemptEnd> {
  return new Promise<AttemptEnd>((resolve) => {
    child.once('exit', (exitCode, signal) => {
      void recordEnd(attempt, endOf(exitCode, signal)).then(resolve)
    })
  })
}

/** Only a parent is told of an end: another's child is looked at now and then. */
async function watchStranger(attempt: Known, everyMs: number): Promise<AttemptEnd> {
  const identity = attempt.record.process
  while (identity !== undefined && isRunning(identity)) {
    await new Promise((resolve) => setTimeout(resolve, everyMs).unref())
  }
  return recordEnd(attempt, (await readExitRecord(attempt.folder)) ?? missing)
}

/** Made aside and renamed, so that a folder with the right name is always whole. */
async function makeAttemptFolder(dir: string, folder: string, plan: AttemptPlan): Promise<AttemptRecord> {
  const { attemptId, epoch, relay } = plan
  const record: AttemptRecord = { attemptId, epoch, relay, state: 'prepared' }
  const draft = join(dir, `.new-${attemptId}`)
  await rm(draft, { recursive: true, force: true })
  const paths = attemptPaths(draft)
  await makeFolder(paths.work)
  await makeFolder(paths.temporary)
  await writeFileAtomic(paths.task, JSON.stringify(plan.task))
  await writeFileAtomic(paths.token, plan.attemptToken)
  await writeRecord(draft, record)
  await rename(draft, folder)
  await syncFolder(dir)
  return record
}

async function startAttempt(attempt: Known, command: RunnerCommand, values: SlotValues): Promise<void> {
  await save(attempt, { state: 'placing' })
  let started: StartedRunner
  try {
    started = await startRunner(command, attempt.folder, attempt.record.relay)
  } catch (error) {
    await recordEnd(attempt, notStarted)
    throw error
  }
  attempt.ended = watchChild(attempt, started)
  try {
    // Before the values: a runner that can do anything is one that the next `adopt` finds.
    await save(attempt, { state: 'running', process: started.identity })
  } catch (cause) {
    sendSignal(started.identity.pid, 'SIGKILL')
    await attempt.ended
    await recordEnd(attempt, notStarted)
    throw new AppError('unavailable', 'PLACEMENT_FAILED', `The folder "${attempt.folder}" cannot be written.`, { cause })
  }
  await handOverValues(started.child, values)
}

/**
 * Runs every attempt as a child process in a folder of its own (README.md has the layout). The processes belong to sessions of their
 * own and write to files, so they outlive this one; `adopt` finds them again by pid and start time.
 */
export function createProcessExecutor(options: ProcessExecutorOptions): Executor {
  const { dir } = options
  const command: RunnerCommand = {
    node: options.node ?? process.execPath,
    nodeArguments: options.nodeArguments ?? [],
    entry: options.runnerEntry,
    environment: options.environment ?? {},
  }
  const watchEveryMs = options.watchEveryMs ?? 250
  const logBytesMax = options.logBytesMax ?? 16 * 1024 * 1024
  const known = new Map<string, Known>()

  const get = (attemptId: string): Known => {
    const attempt = known.get(attemptId)
    if (attempt === undefined) throw new AppError('notFound', 'ATTEMPT_UNKNOWN', `The attempt "${attemptId}" is not placed here.`)
    return attempt
  }

  return {
    kind: 'process',

    async prepare(plan) {
      checkAttemptId(plan.attemptId)
      const folder = join(dir, plan.attemptId)
      const earlier = known.get(plan.attemptId)?.record ?? (await readRecord(folder))
      if (earlier !== undefined) {
        if (earlier.epoch !== plan.epoch) throw epochConflict(plan.attemptId, earlier.epoch, plan.epoch)
        known.set(plan.attemptId, known.get(plan.attemptId) ?? { folder, record: earlier })
        return
      }
      const record = await makeAttemptFolder(dir, folder, plan)
      known.set(plan.attemptId, { folder, record })
    },

    async place(attemptId, values) {
      const attempt = get(attemptId)
      if (attempt.record.state !== 'prepared') {
        throw new AppError('conflict', 'ATTEMPT_PLACED', `The attempt "${attemptId}" was placed before.`, {
          hint: 'A runner is started once for an attempt, whatever became of it.',
        })
      }
      await startAttempt(attempt, command, values)
      return describe(attempt)
    },

    async adopt() {
      await makeFolder(dir)
      for (const name of await readdir(dir)) {
        const folder = join(dir, name)
        if (name.startsWith('.')) {
          await rm(folder, { recursive: true, force: true })
          continue
        }
        const record = await readRecord(folder)
        if (record === undefined || known.has(record.attemptId)) continue
        const attempt: Known = { folder, record }
        known.set(record.attemptId, attempt)
        if (record.state === 'placing') await recordEnd(attempt, notStarted)
        else if (record.state === 'running' && record.process !== undefined) {
          if (isRunning(record.process)) attempt.ended = watchStranger(attempt, watchEveryMs)
          else await recordEnd(attempt, (await readExitRecord(folder)) ?? missing)
        }
      }
      return [...known.values()].map(describe)
    },

    inspect: async (attemptId) => describe(get(attemptId)),

    async signal(attemptId, mode) {
      const attempt = get(attemptId)
      const identity = attempt.record.process
      if (attempt.record.state !== 'running' || identity === undefined || !isRunning(identity)) return 'ended'
      if (mode === 'terminate') {
        if (isPermitOpen(attempt.folder)) return 'permitOpen'
        return sendSignal(identity.pid, 'SIGTERM') ? 'sent' : 'ended'
      }
      return whileStopped(identity, () => {
        if (isPermitOpen(attempt.folder)) return 'permitOpen'
        // The group: the runner's own children too.
        return sendSignal(-identity.pid, 'SIGKILL') ? 'sent' : 'ended'
      })
    },

    async wait(attemptId, signal) {
      const attempt = get(attemptId)
      if (attempt.record.end !== undefined) return attempt.record.end
      if (attempt.ended === undefined) {
        throw new AppError('failedPrecondition', 'ATTEMPT_NOT_PLACED', `The attempt "${attemptId}" has no runner to wait for.`)
      }
      return orAbort(attempt.ended, signal)
    },

    tail: async (attemptId, bytesMax) => readTail(attemptPaths(get(attemptId).folder).log, bytesMax),

    async tend() {
      for (const { folder } of known.values()) await cutLog(attemptPaths(folder).log, logBytesMax)
      const names = await readdir(dir).catch(() => [])
      for (const name of names.filter((entry) => entry.startsWith('.gone-'))) await removeFolder(join(dir, name)).catch(() => {})
    },

    async remove(attemptId) {
      checkAttemptId(attemptId)
      const attempt = known.get(attemptId)
      if (attempt === undefined) return
      await removeAttempt(dir, attempt)
      known.delete(attemptId)
      await removeFolder(join(dir, `.gone-${attemptId}`))
    },
  }
}

/** Ends what the runner left running and takes the folder out of sight; throws `ATTEMPT_RUNNING` while the runner lives. */
async function removeAttempt(dir: string, { folder, record }: Known): Promise<void> {
  if (record.process !== undefined) {
    if (isRunning(record.process)) {
      throw new AppError('failedPrecondition', 'ATTEMPT_RUNNING', `The runner of attempt "${record.attemptId}" still runs.`)
    }
    killLeftovers(record.process)
  }
  await rename(folder, join(dir, `.gone-${record.attemptId}`)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 })
}

/** Attempt ids come over the network and become folder names. */
function checkAttemptId(attemptId: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(attemptId)) {
    throw new AppError('invalid', 'ATTEMPT_ID_INVALID', 'The attempt id has characters that no folder name may have.')
  }
}

function epochConflict(attemptId: string, here: number, wanted: number): AppError {
  return new AppError('conflict', 'ATTEMPT_EPOCH', `The attempt "${attemptId}" is here with epoch ${here}, not ${wanted}.`)
}
