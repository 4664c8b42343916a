import { readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { AttemptEvent } from '@sluice/contract'
import { makeFolder, writeFileAtomic } from '@sluice/executor'

/**
 * How far the delegate is with an attempt. `accepting`: the control plane may or may not have heard the accept. `preparing`: accepted,
 * no runner yet. `running`: a runner was started. `finishing`: it has ended; reports, logs and the folder are left.
 */
export type AttemptPhase = 'accepting' | 'preparing' | 'running' | 'finishing'

/** What a delegate has to remember of an attempt across its own death. Holds no secret value. */
export interface JournalEntry {
  readonly attemptId: string
  readonly epoch: number
  readonly phase: AttemptPhase
  /** Good for this attempt alone; reports go out with it when the delegate itself is revoked. */
  readonly attemptToken?: string | undefined
  /** Whether the runner was given secret values. */
  readonly hasSecrets: boolean
  /** End of the attempt's life, on the machine's uptime clock. */
  readonly deadline?: { readonly machineBoot: string; readonly uptimeMs: number } | undefined
  /** Reports that the control plane has not acknowledged. */
  readonly pending: readonly AttemptEvent[]
  /** The attempt's end was put among the reports. */
  readonly goneReported: boolean
  /** Nobody wants the attempt any more: it was fenced, or the control plane is done with it. */
  readonly unwanted: boolean
}

/** The entries on disk, one small file per attempt. */
export interface Journal {
  load(): Promise<readonly JournalEntry[]>
  /** On disk when this resolves. Writes of one attempt happen in the order of the calls; one that a later call overtakes is left out. */
  save(entry: JournalEntry): Promise<void>
  remove(attemptId: string): Promise<void>
}

export function createJournal(dir: string): Journal {
  const path = (attemptId: string): string => join(dir, `${attemptId}.json`)
  const queues = new Map<string, Promise<unknown>>()
  /** Writes that have not begun. */
  const waiting = new Map<string, { entry: JournalEntry; saved: Promise<void> }>()
  const inOrder = (attemptId: string, act: () => Promise<void>): Promise<void> => {
    const next = (queues.get(attemptId) ?? Promise.resolve()).catch(() => {}).then(act)
    queues.set(attemptId, next)
    void next
      .catch(() => {})
      .then(() => {
        if (queues.get(attemptId) === next) queues.delete(attemptId)
      })
    return next
  }
  return {
    async load() {
      await makeFolder(dir)
      const entries: JournalEntry[] = []
      for (const name of await readdir(dir)) {
        if (name.endsWith('.tmp')) {
          await rm(join(dir, name), { force: true })
          continue
        }
        const entry = parseEntry(await readFile(join(dir, name), 'utf8').catch(() => ''))
        if (entry !== undefined) entries.push(entry)
      }
      return entries
    },
    save(entry) {
      const { attemptId } = entry
      const next = waiting.get(attemptId)
      if (next !== undefined) {
        next.entry = entry
        return next.saved
      }
      const write: { entry: JournalEntry; saved: Promise<void> } = { entry, saved: Promise.resolve() }
      write.saved = inOrder(attemptId, () => {
        if (waiting.get(attemptId) === write) waiting.delete(attemptId)
        return writeFileAtomic(path(attemptId), `${JSON.stringify(write.entry)}\n`)
      })
      waiting.set(attemptId, write)
      return write.saved
    },
    remove(attemptId) {
      // What comes after it is another write than what came before.
      waiting.delete(attemptId)
      return inOrder(attemptId, () => rm(path(attemptId), { force: true }))
    },
  }
}

/** Attempt ids become file names, so one that is not an id is never accepted. */
export function isAttemptId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(text)
}

function parseEntry(text: string): JournalEntry | undefined {
  try {
    const entry = JSON.parse(text) as JournalEntry
    return isAttemptId(entry.attemptId) && typeof entry.epoch === 'number' && Array.isArray(entry.pending) ? entry : undefined
  } catch {
    return undefined
  }
}
