import type { ChangesetKey } from '../changeset-key.ts'
import { normalizeChangesetKey } from '../changeset-key.ts'
import type { Database, SqlValue } from '../database.ts'
import type { Dialect } from '../dialect.ts'
import type { ChangesetDirection } from '../events.ts'
import type { PartialChangeset } from '../inspection.ts'
import { formatWrite } from './row-insert.ts'
import type { RowInsert } from './row-insert.ts'
import type { Tracking } from './tables.ts'

/** What the side table keeps of one changeset in one run. */
export interface DetailRow {
  readonly runId: string
  readonly deploymentId: string
  readonly key: ChangesetKey
  readonly direction: ChangesetDirection
  /** SHA-256 of the exact statements. */
  readonly sha256: string
  readonly statements: number
  /** How to undo it, as it was known when it was applied; undefined when there is no way. */
  readonly rollback: readonly string[] | undefined
}

/** Records a changeset whose statements are all done, in the transaction that makes them durable. */
export function insertDoneDetail(dialect: Dialect, tracking: Tracking, row: DetailRow): RowInsert {
  return insertDetail(dialect, tracking, row, { state: 'done', done: row.statements, running: undefined })
}

/** Records the intent to run a changeset statement by statement, before the first of them (or the first after a resume). */
export function insertRunningDetail(
  dialect: Dialect,
  tracking: Tracking,
  row: DetailRow,
  done: number,
  running: number | undefined,
): string {
  return formatWrite(dialect, insertDetail(dialect, tracking, row, { state: 'running', done, running }))
}

/** Records that `done` statements are done and which one runs next (undefined = none). */
export function updateDetail(
  dialect: Dialect,
  tracking: Tracking,
  row: DetailRow,
  progress: { readonly state: 'running' | 'done' | 'failed'; readonly done: number; readonly running: number | undefined },
): string {
  const finished = progress.state === 'running' ? '' : `, FINISHED_AT = ${dialect.currentTimestamp}`
  return (
    `UPDATE ${tracking.detail.sql} SET STATE = '${progress.state}', STATEMENTS_DONE = ${progress.done}, ` +
    `STATEMENT_RUNNING = ${progress.running ?? 'NULL'}${finished} WHERE ${whereDetail(dialect, row)}`
  )
}

export function deleteDetail(dialect: Dialect, tracking: Tracking, row: DetailRow): string {
  return `DELETE FROM ${tracking.detail.sql} WHERE ${whereDetail(dialect, row)}`
}

/** Ends the partial state of a changeset: an earlier interrupted run has been dealt with. */
export function settleDetails(dialect: Dialect, tracking: Tracking, key: ChangesetKey): string {
  return `UPDATE ${tracking.detail.sql} SET STATE = 'settled' WHERE STATE IN ('running', 'failed') AND ${whereKey(dialect, key)}`
}

export interface StoredPartial extends PartialChangeset {
  readonly direction: ChangesetDirection
  readonly sha256: string
}

/** Changesets of which only a part of the statements ran, in the order in which that happened. */
export async function readPartials(database: Database, tracking: Tracking): Promise<readonly StoredPartial[]> {
  if (tracking.detail.columns === undefined) return []
  const { rows } = await database.query(
    `SELECT RUN_ID, ID, AUTHOR, FILENAME, DIRECTION, SHA256, STATEMENTS, STATEMENTS_DONE, STATEMENT_RUNNING, STARTED_AT
 FROM ${tracking.detail.sql} WHERE STATE IN ('running', 'failed') ORDER BY STARTED_AT, DEPLOYMENT_ID`,
  )
  return rows.map(([runId, id, author, path, direction, sha256, statements, done, running, since]) => ({
    changeset: { id: String(id), author: String(author), path: String(path) },
    runId: String(runId),
    direction: direction === 'rollback' ? 'rollback' : 'apply',
    sha256: String(sha256),
    statements: Number(statements),
    done: Number(done),
    uncertain: running === null || running === undefined ? undefined : Number(running),
    since: String(since ?? ''),
  }))
}

/** With more keys than this, the whole table is read rather than asked for them. */
const keysMax = 100

/**
 * How rows of the history are undone, as it was known when they were applied, by normalised key. Only of the very deployment that a
 * row stands for: what an earlier one kept would undo something else.
 */
export async function readKeptRollbacks(
  database: Database,
  tracking: Tracking,
  wanted: readonly (ChangesetKey & { readonly deploymentId: string | null })[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const kept = new Map<string, readonly string[]>()
  if (tracking.detail.columns === undefined || wanted.length === 0) return kept
  const { dialect } = database
  const deployments = new Map(wanted.map((row) => [normalizeChangesetKey(row), row.deploymentId]))
  const keys = wanted.map((row) => `(${whereKey(dialect, row)})`)
  const { rows } = await database.query(
    `SELECT ID, AUTHOR, FILENAME, ROLLBACK_JSON, DEPLOYMENT_ID FROM ${tracking.detail.sql}
 WHERE DIRECTION = 'apply' AND STATE = 'done' AND ROLLBACK_JSON IS NOT NULL${keys.length > keysMax ? '' : ` AND (${keys.join(' OR ')})`}
 ORDER BY STARTED_AT, DEPLOYMENT_ID`,
  )
  for (const [id, author, path, json, deploymentId] of rows) {
    const key = normalizeChangesetKey({ id: String(id), author: String(author), path: String(path) })
    if (deployments.get(key) !== String(deploymentId)) continue
    const statements = readStatements(json)
    if (statements !== undefined) kept.set(key, statements)
  }
  return kept
}

function readStatements(json: SqlValue | undefined): readonly string[] | undefined {
  if (typeof json !== 'string') return undefined
  try {
    const parsed: unknown = JSON.parse(json)
    return Array.isArray(parsed) && parsed.every((one) => typeof one === 'string') ? parsed : undefined
  } catch {
    return undefined
  }
}

function insertDetail(
  dialect: Dialect,
  tracking: Tracking,
  row: DetailRow,
  progress: { readonly state: 'running' | 'done'; readonly done: number; readonly running: number | undefined },
): RowInsert {
  const now = { expression: dialect.currentTimestamp }
  return {
    table: tracking.detail.sql,
    cells: [
      ['RUN_ID', row.runId],
      ['DEPLOYMENT_ID', row.deploymentId],
      ['ID', row.key.id],
      ['AUTHOR', row.key.author],
      ['FILENAME', row.key.path],
      ['DIRECTION', row.direction],
      ['STATE', progress.state],
      ['SHA256', row.sha256],
      ['STATEMENTS', row.statements],
      ['STATEMENTS_DONE', progress.done],
      ['STATEMENT_RUNNING', progress.running ?? null],
      ['ROLLBACK_JSON', row.rollback === undefined ? null : JSON.stringify(row.rollback)],
      ['STARTED_AT', now],
      ['FINISHED_AT', progress.state === 'done' ? now : null],
    ],
  }
}

function whereDetail(dialect: Dialect, row: DetailRow): string {
  return `RUN_ID = ${dialect.literal(row.runId)} AND DIRECTION = '${row.direction}' AND STATE = 'running' AND ${whereKey(dialect, row.key)}`
}

function whereKey(dialect: Dialect, key: ChangesetKey): string {
  return `ID = ${dialect.literal(key.id)} AND AUTHOR = ${dialect.literal(key.author)} AND FILENAME = ${dialect.literal(key.path)}`
}
