import { open, readdir, rename, rm, stat, truncate } from 'node:fs/promises'
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
import type { AttemptEnd, Executor, PlacedAttempt } from './executor.ts'
import { isRunning } from './process-identity.ts'
import { killLeftovers, sendSignal, whileStopped } from './process-session.ts'
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

  const save = async (attempt: Known, change: Partial<AttemptRecord>): Promise<void> => {
    attempt.record = { ...attempt.record, ...change }
    await writeRecord(attempt.folder, attempt.record)
  }

  const recordEnd = async (attempt: Known, end: AttemptEnd): Promise<AttemptEnd> => {
    // A full disk must not turn a known end into none: the record is only for the next start.
    await save(attempt, { state: 'ended', end }).catch(() => {})
    return end
  }

  const describe = (attempt: Known): PlacedAttempt => {
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

  const watchChild = (attempt: Known, { child }: StartedRunner): Promise<AttemptEnd> =>
    new Promise<AttemptEnd>((resolve) => {
      child.once('exit', (exitCode, signal) => {
        void recordEnd(attempt, endOf(exitCode, signal)).then(resolve)
      })
    })

  const watchStranger = async (attempt: Known): Promise<AttemptEnd> => {
    const identity = attempt.record.process
    while (identity !== undefined && isRunning(identity)) {
      await new Promise((resolve) => setTimeout(resolve, watchEveryMs).unref())
    }
    return recordEnd(attempt, (await readExitRecord(attempt.folder)) ?? missing)
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
      const record: AttemptRecord = { attemptId: plan.attemptId, epoch: plan.epoch, relay: plan.relay, state: 'prepared' }
      // Made aside and renamed, so that a folder with the right name is always whole.
      const draft = join(dir, `.new-${plan.attemptId}`)
      await rm(draft, { recursive: true, force: true })
      const paths = attemptPaths(draft)
      await makeFolder(paths.work)
      await makeFolder(paths.temporary)
      await writeFileAtomic(paths.task, JSON.stringify(plan.task))
      await writeFileAtomic(paths.token, plan.attemptToken)
      await writeRecord(draft, record)
      await rename(draft, folder)
      await syncFolder(dir)
      known.set(plan.attemptId, { folder, record })
    },

    async place(attemptId, values) {
      const attempt = get(attemptId)
      if (attempt.record.state !== 'prepared') {
        throw new AppError('conflict', 'ATTEMPT_PLACED', `The attempt "${attemptId}" was placed before.`, {
          hint: 'A runner is started once for an attempt, whatever became of it.',
        })
      }
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
          if (isRunning(record.process)) attempt.ended = watchStranger(attempt)
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
      return signal === undefined ? attempt.ended : orAbort(attempt.ended, signal)
    },

    async tail(attemptId, bytesMax) {
      const file = await open(attemptPaths(get(attemptId).folder).log, 'r').catch(() => undefined)
      if (file === undefined) return ''
      try {
        const { size } = await file.stat()
        const length = Math.min(size, bytesMax)
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length)
        return buffer.toString('utf8', 0, bytesRead)
      } finally {
        await file.close()
      }
    },

    async tend() {
      for (const { folder } of known.values()) {
        const { log } = attemptPaths(folder)
        const size = await stat(log).then(
          (facts) => facts.size,
          () => 0,
        )
        // The runner appends, so it goes on at the new end.
        if (size > logBytesMax) await truncate(log, 0).catch(() => {})
      }
      const names = await readdir(dir).catch(() => [])
      for (const name of names.filter((entry) => entry.startsWith('.gone-'))) await removeFolder(join(dir, name)).catch(() => {})
    },

    async remove(attemptId) {
      checkAttemptId(attemptId)
      const attempt = known.get(attemptId)
      if (attempt === undefined) return
      const identity = attempt.record.process
      if (identity !== undefined) {
        if (isRunning(identity)) {
          throw new AppError('failedPrecondition', 'ATTEMPT_RUNNING', `The runner of attempt "${attemptId}" still runs.`)
        }
        killLeftovers(identity)
      }
      const gone = join(dir, `.gone-${attemptId}`)
      await rename(attempt.folder, gone).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      })
      known.delete(attemptId)
      await removeFolder(gone)
    },
  }
}

function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 })
}

function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => {
    aborted.reject(signal.reason as Error)
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return Promise.race([promise, aborted.promise]).finally(() => {
    signal.removeEventListener('abort', onAbort)
  })
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
