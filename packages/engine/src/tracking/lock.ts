import { createHash } from 'node:crypto'
import { AppError } from '@sluice/base'
import type { Clock } from '@sluice/base'
import { DatabaseError } from '../database.ts'
import type { Database } from '../database.ts'
import type { LockHolder, OnEngineEvent } from '../events.ts'
import { createLockTable } from './tables.ts'
import type { Tracking } from './tables.ts'

export interface LockRequest {
  readonly runId: string
  readonly host: string
  readonly waitMs: number
}

export interface HeldLock {
  readonly key: bigint
  readonly lockedBy: string
}

interface LockRow {
  readonly locked: boolean
  readonly grantedAt: string | undefined
  readonly lockedBy: string | undefined
}

const pollFirstMs = 50
const pollMaxMs = 1000
const createTriesMax = 10
/** LOCKEDBY of ours: the word, a run id, host and address. A Liquibase on a machine called `sluice` writes `sluice (ip)`. */
const ownPattern = /^sluice [A-Za-z0-9][\w.:-]*( |$)/

/** The session lock of a lock table: the same for every Sluice that works on it, whatever its options. */
export function sessionLockKey(tracking: Tracking): bigint {
  const digest = createHash('sha256').update(`sluice-changelog-lock:${tracking.schema}.${tracking.lock.name}`).digest()
  return digest.readBigInt64BE(0)
}

export function formatLockedBy(request: { readonly runId: string; readonly host: string }): string {
  return `sluice ${request.runId} ${request.host}`.slice(0, 255)
}

/**
 * Takes the session lock, then the row, on this connection. Whoever holds the session lock knows that every row with a Sluice run
 * id belongs to a dead session, and takes it over; anybody else's row (a Liquibase) is waited for and never touched.
 *
 * Throws `LOCK_WAIT_TIMEOUT` with the holder after `waitMs`, or the signal's reason.
 */
export async function acquireLock(
  database: Database,
  tracking: Tracking,
  request: LockRequest,
  clock: Clock,
  onEvent: OnEngineEvent | undefined,
  signal: AbortSignal | undefined,
): Promise<HeldLock> {
  const started = clock.monotonic()
  const key = sessionLockKey(tracking)
  const lockedBy = formatLockedBy(request)
  const wait = createWait(clock, started, request.waitMs, onEvent, signal)
  let isFresh = true
  while (!(await database.trySessionLock(key))) {
    isFresh = false
    const session = await database.sessionLockHolder(key)
    const row = await readLockRow(database, tracking)
    await wait({ by: 'session', lockedBy: row?.lockedBy, since: row?.grantedAt, session })
  }
  try {
    await ensureLockRow(database, tracking, clock, isFresh)
    for (;;) {
      const found = await tryRow(database, tracking, lockedBy)
      if (found === 'taken') break
      if (found.locked && isProvenStale(database, found.lockedBy)) {
        if (await takeOver(database, tracking, found, lockedBy)) {
          onEvent?.({ type: 'lockTakenOver', from: found.lockedBy ?? '', since: found.grantedAt })
          break
        }
      } else if (found.locked) {
        await wait({ by: 'row', lockedBy: found.lockedBy, since: found.grantedAt, session: undefined })
      }
    }
  } catch (error) {
    await database.releaseSessionLock(key).catch(() => {})
    throw error
  }
  onEvent?.({ type: 'lockAcquired', waitedMs: Math.round(clock.monotonic() - started) })
  return { key, lockedBy }
}

/** Gives back row and session lock, whatever state an error left the transaction in. With the connection gone there is nothing to do. */
export async function releaseLock(database: Database, tracking: Tracking, held: HeldLock): Promise<void> {
  if (database.transactionState === 'closed') return
  if (database.transactionState !== 'idle') await database.script(['ROLLBACK'])
  const { sql } = tracking.lock
  const mine = `ID = 1 AND LOCKEDBY = ${database.dialect.literal(held.lockedBy)}`
  // In a transaction of its own, since a script may have switched autocommit off.
  await database.script([
    'BEGIN',
    `UPDATE ${sql} SET LOCKED = FALSE, LOCKEDBY = NULL, LOCKGRANTED = NULL WHERE ${mine}`,
    'COMMIT',
  ])
  await database.releaseSessionLock(held.key)
}

/** Who has the lock now, for status and inspection. Undefined when it is free. */
export async function readLockHolder(
  database: Database,
  tracking: Tracking,
  options: { readonly withoutSession?: boolean } = {},
): Promise<LockHolder | undefined> {
  const session = options.withoutSession === true ? undefined : await database.sessionLockHolder(sessionLockKey(tracking))
  const row = await readLockRow(database, tracking)
  if (session !== undefined) return { by: 'session', lockedBy: row?.lockedBy, since: row?.grantedAt, session }
  return row?.locked === true ? { by: 'row', lockedBy: row.lockedBy, since: row.grantedAt, session: undefined } : undefined
}

/** Whether a LOCKEDBY is that of a Sluice run. */
export function isOwnLock(lockedBy: string): boolean {
  return ownPattern.test(lockedBy)
}

/** Whether a row that stands while the session lock is ours belongs to a dead run: only where session locks exist does one prove that. */
export function isProvenStale(database: Database, lockedBy: string | undefined): boolean {
  return lockedBy !== undefined && isOwnLock(lockedBy) && database.dialect.lacksSessionLock !== true
}

/** Frees the row if it still belongs to this holder. Only under the session lock. */
export async function freeLockRow(database: Database, tracking: Tracking, lockedBy: string | undefined): Promise<boolean> {
  const owner = lockedBy === undefined ? 'LOCKEDBY IS NULL' : `LOCKEDBY = ${database.dialect.literal(lockedBy)}`
  const { rowCount } = await database.query(
    `UPDATE ${tracking.lock.sql} SET LOCKED = FALSE, LOCKEDBY = NULL, LOCKGRANTED = NULL WHERE ID = 1 AND ${owner}`,
  )
  return rowCount === 1
}

/** `"sluice run_… host (ip)" since …`, for messages. */
export function describeHolder(holder: LockHolder): string {
  const parts: string[] = []
  if (holder.lockedBy !== undefined)
    parts.push(`"${holder.lockedBy}"${holder.since === undefined ? '' : ` since ${holder.since}`}`)
  if (holder.session !== undefined) {
    const { sessionId, applicationName, clientAddress } = holder.session
    const name = applicationName === '' ? '' : ` "${applicationName}"`
    parts.push(`session ${sessionId}${name}${clientAddress === undefined ? '' : ` from ${clientAddress}`}`)
  }
  return parts.length === 0 ? 'another session' : parts.join(', ')
}

function createWait(
  clock: Clock,
  started: number,
  boundMs: number,
  onEvent: OnEngineEvent | undefined,
  signal: AbortSignal | undefined,
): (holder: LockHolder) => Promise<void> {
  let pauseMs = pollFirstMs
  let told = ''
  return async (holder) => {
    const waitedMs = Math.round(clock.monotonic() - started)
    if (waitedMs >= boundMs) {
      throw new AppError(
        'timeout',
        'LOCK_WAIT_TIMEOUT',
        `The changelog lock is held by ${describeHolder(holder)}; waited ${waitedMs} ms.`,
        {
          hint:
            holder.by === 'row'
              ? 'Let that run finish. If it is dead, free the row with release-locks.'
              : 'Let that run finish; the lock is free as soon as its session ends.',
          details: { holder },
        },
      )
    }
    // Once per holder and then once a second or so is enough for people.
    const text = describeHolder(holder)
    if (text !== told || pauseMs >= pollMaxMs) onEvent?.({ type: 'lockWaiting', holder, waitedMs, boundMs })
    told = text
    await clock.sleep(Math.min(pauseMs, Math.max(1, boundMs - waitedMs)), signal)
    pauseMs = Math.min(pollMaxMs, pauseMs * 2)
  }
}

async function tryRow(database: Database, tracking: Tracking, lockedBy: string): Promise<'taken' | LockRow> {
  const { dialect } = database
  const { rowCount } = await database.query(
    `UPDATE ${tracking.lock.sql} SET LOCKED = TRUE, LOCKEDBY = ${dialect.literal(lockedBy)}, LOCKGRANTED = ${dialect.currentTimestamp} ` +
      'WHERE ID = 1 AND LOCKED = FALSE',
  )
  if (rowCount === 1) return 'taken'
  return (await selectLockRow(database, tracking)) ?? { locked: false, grantedAt: undefined, lockedBy: undefined }
}

async function takeOver(database: Database, tracking: Tracking, stale: LockRow, lockedBy: string): Promise<boolean> {
  const { dialect } = database
  const { rowCount } = await database.query(
    `UPDATE ${tracking.lock.sql} SET LOCKED = TRUE, LOCKEDBY = ${dialect.literal(lockedBy)}, LOCKGRANTED = ${dialect.currentTimestamp} ` +
      `WHERE ID = 1 AND LOCKED = TRUE AND LOCKEDBY = ${dialect.literal(stale.lockedBy ?? '')}`,
  )
  return rowCount === 1
}

/**
 * Creates table and row where they are missing. A Liquibase may be doing the same at this moment, so losing that race is no error. With
 * `isFresh`, whether there is a table was read a moment ago.
 */
async function ensureLockRow(database: Database, tracking: Tracking, clock: Clock, isFresh: boolean): Promise<void> {
  const insert = `INSERT INTO ${tracking.lock.sql} (ID, LOCKED) VALUES (1, FALSE)`
  for (let attempt = 1; ; attempt++) {
    try {
      const isKnown = isFresh && attempt === 1
      if (tracking.lock.columns === undefined && (isKnown || !(await lockTableExists(database, tracking)))) {
        const create = createLockTable(database.dialect, tracking.lock)
        // In one transaction nobody sees the table without its row.
        if (database.dialect.transactionalDdl) return await database.script(['BEGIN', create, insert, 'COMMIT'])
        await database.script([create])
      }
      if ((await selectLockRow(database, tracking)) !== undefined) return
      await database.script([insert])
      return
    } catch (error) {
      if (database.transactionState === 'active' || database.transactionState === 'failed') await database.script(['ROLLBACK'])
      if (!(error instanceof DatabaseError) || !isCreateRace(error) || attempt >= createTriesMax) throw error
      await clock.sleep(20 * attempt)
    }
  }
}

/** Table, type or row made by somebody else in the meantime. */
function isCreateRace(error: DatabaseError): boolean {
  return error.reason === 'exists' || error.reason === 'missing'
}

async function lockTableExists(database: Database, tracking: Tracking): Promise<boolean> {
  const { tables } = await database.readFacts([{ schema: tracking.schema, name: tracking.lock.name }])
  return tables[0] !== undefined
}

async function readLockRow(database: Database, tracking: Tracking): Promise<LockRow | undefined> {
  if (tracking.lock.columns === undefined && !(await lockTableExists(database, tracking))) return undefined
  return selectLockRow(database, tracking)
}

async function selectLockRow(database: Database, tracking: Tracking): Promise<LockRow | undefined> {
  const { rows } = await database.query(`SELECT LOCKED, LOCKGRANTED, LOCKEDBY FROM ${tracking.lock.sql} WHERE ID = 1`)
  const row = rows[0]
  if (row === undefined) return undefined
  return {
    locked: row[0] === true || row[0] === 1,
    grantedAt: row[1] === null || row[1] === undefined ? undefined : String(row[1]),
    lockedBy: row[2] === null || row[2] === undefined ? undefined : String(row[2]),
  }
}
