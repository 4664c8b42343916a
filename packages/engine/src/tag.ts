import { createHash } from 'node:crypto'
import { AppError, systemClock } from '@sluice/base'
import { formatChangesetKey } from './changeset-key.ts'
import type { ChangesetKey } from './changeset-key.ts'
import type { Database } from './database.ts'
import type { HistoryRow } from './history-row.ts'
import type { CommandInput, TagPlan, TrackingOptions, WriteOptions } from './options.ts'
import { internalPath } from './planning/decisions.ts'
import type { TagReport } from './report.ts'
import { tagNameDiagnostics } from './planning/selection.ts'
import { throwIfCanceled } from './run/changeset-run.ts'
import { toFailure } from './run/failure.ts'
import { withWriteSession } from './run/write-session.ts'
import type { WriteSession } from './run/write-session.ts'
import { insertHistoryRow, readHistoryRows, updateTag } from './tracking/history.ts'
import { readTracking } from './tracking/tables.ts'

export interface TagInput extends Omit<CommandInput<TrackingOptions & WriteOptions>, 'changelog'> {
  readonly options: TrackingOptions & WriteOptions
  readonly tag: string
}

export interface FindTagInput {
  readonly database: Database
  readonly tag: string
  readonly options?: TrackingOptions | undefined
}

/**
 * The newest row that carries a tag, or undefined (Liquibase's `tag-exists`). Tags are compared as a rollback compares them, without
 * case; Liquibase's own `tag-exists` minds the case, so compare `row.tag` where that matters. Reads only.
 */
export async function findTaggedRow(input: FindTagInput): Promise<HistoryRow | undefined> {
  const { database, tag, options } = input
  const history = await readHistoryRows(database, await readTracking(database, options))
  return history.findLast((row) => row.tag === tag) ?? findTag(history, tag)
}

/** MD5 of nothing: what Liquibase writes for its own empty changeset. */
const emptyChecksum = '9:d41d8cd98f00b204e9800998ecf8427e'

/**
 * Sets a tag on the newest row. On an empty history Liquibase's own internal row is added to carry it. A tag that already stands
 * on another row is the failure `TAG_EXISTS`, an empty or too long one `TAG_INVALID`; on the newest row there is nothing to do. Throws what `beforeFirstWrite` throws.
 */
export async function tagDatabase(input: TagInput): Promise<TagReport> {
  const { database, tag, options } = input
  const clock = input.clock ?? systemClock
  const started = clock.monotonic()
  const report = (fields: Partial<TagReport>): TagReport => ({
    kind: 'tag',
    state: 'succeeded',
    entries: [],
    firstError: undefined,
    wrote: false,
    deploymentId: undefined,
    durationMs: Math.round(clock.monotonic() - started),
    tag,
    changeset: undefined,
    replacedTag: null,
    ...fields,
  })
  const [invalid] = tagNameDiagnostics(tag)
  if (invalid !== undefined) {
    const error = new AppError('invalid', 'TAG_INVALID', invalid.message, { hint: invalid.hint ?? '' })
    return report({ state: 'failed', firstError: toFailure(error) })
  }
  const history = await readHistoryRows(database, await readTracking(database, options))
  const last = history.at(-1)
  if (last?.tag === tag) return report({ changeset: keyOf(last) })
  const taken = findTag(history, tag)
  if (taken !== undefined) return report({ state: 'failed', firstError: toFailure(tagExists(tag, taken)) })
  const plan: TagPlan = {
    kind: 'tag',
    tag,
    digest: createHash('sha256').update(JSON.stringify({ tag })).digest('hex'),
    isEmpty: false,
  }
  await options.beforeFirstWrite?.(plan)
  try {
    return await withWriteSession({ ...input, clock }, async (session) => {
      throwIfCanceled(input.signal)
      const set = await setTag(session, tag)
      return report({ wrote: true, deploymentId: session.deploymentId, changeset: set.changeset, replacedTag: set.replacedTag })
    })
  } catch (error) {
    return report({ state: input.signal?.aborted === true ? 'canceled' : 'failed', firstError: toFailure(error) })
  }
}

/** Sets a tag on the newest row, under the lock. Throws `TAG_EXISTS`. */
export async function setTag(
  session: WriteSession,
  tag: string,
): Promise<{ readonly tag: string; readonly changeset: ChangesetKey; readonly replacedTag: string | null }> {
  const history = await readHistoryRows(session.database, session.tracking)
  const last = history.at(-1)
  if (last?.tag === tag) return { tag, changeset: keyOf(last), replacedTag: null }
  const taken = findTag(history, tag)
  if (taken !== undefined) throw tagExists(tag, taken)
  const changeset = await writeTag(session, last, tag)
  const replacedTag = last?.tag ?? null
  if (replacedTag !== null) {
    const message = `The tag "${replacedTag}" stood on "${formatChangesetKey(changeset)}" and was replaced by "${tag}".`
    session.onEvent?.({ type: 'warning', code: 'TAG_REPLACED', message })
  }
  return { tag, changeset, replacedTag }
}

/**
 * Marks the state before a run, so that a rollback to it undoes the run. A retry of the same step finds its anchor further back,
 * where the first try began, and keeps it there. Gives the tag.
 */
export async function setAnchor(session: WriteSession, history: readonly HistoryRow[], anchor: string): Promise<string> {
  if (findTag(history, anchor) === undefined) await writeTag(session, history.at(-1), anchor)
  return anchor
}

async function writeTag(session: WriteSession, last: HistoryRow | undefined, tag: string): Promise<ChangesetKey> {
  const { database, tracking } = session
  if (last !== undefined) {
    await database.script([updateTag(database.dialect, tracking, last, tag)])
    session.onEvent?.({ type: 'tagged', tag, changeset: keyOf(last) })
    return keyOf(last)
  }
  const key = { id: String(session.clock.now()), author: 'liquibase', path: internalPath }
  const insert = insertHistoryRow(database.dialect, tracking, {
    ...key,
    orderExecuted: 1,
    execType: 'EXECUTED',
    checksum: emptyChecksum,
    description: 'empty',
    comments: '',
    tag,
    contexts: null,
    labels: null,
    toolVersion: session.toolVersion,
    deploymentId: session.deploymentId,
  })
  await database.script([insert])
  session.onEvent?.({ type: 'tagged', tag, changeset: key })
  return key
}

/** The row that carries a tag; tags are compared without case, as Liquibase does. */
export function findTag(history: readonly HistoryRow[], tag: string): HistoryRow | undefined {
  return history.findLast((row) => row.tag?.toLowerCase() === tag.toLowerCase())
}

function tagExists(tag: string, row: HistoryRow): AppError {
  return new AppError(
    'conflict',
    'TAG_EXISTS',
    `The tag "${tag}" already stands on the changeset "${formatChangesetKey(row)}".`,
    {
      hint: 'Choose another tag.',
    },
  )
}

function keyOf({ id, author, path }: HistoryRow): ChangesetKey {
  return { id, author, path }
}
