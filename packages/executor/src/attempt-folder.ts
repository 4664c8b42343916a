import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from './atomic-file.ts'
import type { AttemptEnd } from './executor.ts'
import type { ProcessIdentity } from './process-identity.ts'

/**
 * The executor's own record of an attempt, `attempt.json`.
 * `prepared`: no runner was ever started. `placing`: one may have been started, but it got no values, so it did nothing.
 * `running`: started as `process`. `ended`: seen to have ended as `end` says.
 */
export interface AttemptRecord {
  readonly attemptId: string
  readonly epoch: number
  readonly relay: string
  readonly state: 'prepared' | 'placing' | 'running' | 'ended'
  readonly process?: ProcessIdentity | undefined
  readonly end?: AttemptEnd | undefined
}

/** Paths inside an attempt's folder. */
export function attemptPaths(folder: string): {
  record: string
  task: string
  token: string
  log: string
  permits: string
  exit: string
  work: string
  temporary: string
} {
  return {
    record: join(folder, 'attempt.json'),
    task: join(folder, 'task.json'),
    token: join(folder, 'token'),
    log: join(folder, 'runner.log'),
    permits: join(folder, 'permits.json'),
    exit: join(folder, 'exit.json'),
    work: join(folder, 'work'),
    temporary: join(folder, 'tmp'),
  }
}

export async function writeRecord(folder: string, record: AttemptRecord): Promise<void> {
  await writeFileAtomic(attemptPaths(folder).record, `${JSON.stringify(record)}\n`)
}

/** The record, or undefined when there is none that can be read. */
export async function readRecord(folder: string): Promise<AttemptRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(attemptPaths(folder).record, 'utf8')) as AttemptRecord
    return typeof record.attemptId === 'string' && typeof record.epoch === 'number' ? record : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether the runner holds or is asking for a permit: it lists such steps in `permits.json` (`{"open":[…]}`) before it asks, and takes
 * them out when the control plane has their outcome. No file: none was ever asked for. Anything else that is not an empty list counts
 * as open, because the cost of a wrong "no" is a killed migration.
 */
export function isPermitOpen(folder: string): boolean {
  let text: string
  try {
    text = readFileSync(attemptPaths(folder).permits, 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
  try {
    const { open } = JSON.parse(text) as { open?: unknown }
    return !(Array.isArray(open) && open.length === 0)
  } catch {
    return true
  }
}

/**
 * What the runner wrote about its own end: `exit.json`, its last act, as `{"exitCode":0}` or `{"end":"completed"}`. Only needed when the
 * delegate that started it was not there to see.
 */
export async function readExitRecord(folder: string): Promise<AttemptEnd | undefined> {
  try {
    const { exitCode, end } = JSON.parse(await readFile(attemptPaths(folder).exit, 'utf8')) as {
      exitCode?: unknown
      end?: unknown
    }
    if (typeof exitCode === 'number') return endOf(exitCode, null)
    if (end === 'completed') return endOf(0, null)
    return typeof end === 'string' ? { how: 'exited', exitCode: null, signal: null } : undefined
  } catch {
    return undefined
  }
}

/** An end from what waiting for a process gives. */
export function endOf(exitCode: number | null, signal: string | null): AttemptEnd {
  if (signal !== null) return { how: 'killed', exitCode: null, signal }
  if (exitCode === 0) return { how: 'completed', exitCode: 0, signal: null }
  return { how: exitCode === null ? 'missing' : 'exited', exitCode, signal: null }
}

export const notStarted: AttemptEnd = { how: 'notStarted', exitCode: null, signal: null }
export const missing: AttemptEnd = { how: 'missing', exitCode: null, signal: null }
