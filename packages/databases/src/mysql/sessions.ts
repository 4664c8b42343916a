import { createHash } from 'node:crypto'
import type { QueryResult, SessionInfo, SqlValue } from '@sluice/engine'

/** How this file asks the server something. */
export type Ask = (sql: string, values?: readonly SqlValue[]) => Promise<QueryResult>

/** The name of a session lock. Such locks are the server's, not a database's, so the key has to know the database. */
export function lockName(key: bigint): string {
  return `sluice_lock_${BigInt.asUintN(64, key).toString(16)}`
}

/**
 * MariaDB shows no connection attributes unless performance_schema is on, which it is not by default. So each session holds user locks
 * under its application name and under each part of it that ends before a colon; who asks for a name tries it with the id of every
 * session of the server. They end with the session, whatever ends it.
 */
export function nameLocks(applicationName: string, sessionId: string): readonly string[] {
  const names = [applicationName]
  for (let at = applicationName.indexOf(':'); at > 0; at = applicationName.indexOf(':', at + 1)) {
    names.push(applicationName.slice(0, at))
  }
  return [...new Set(names)].map((name) => `sluice_name_${hashName(name)}_${sessionId}`)
}

export function hashName(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 24)
}

/** Sessions of the server that meet a condition on `p`, the process list. Without the right PROCESS only those of our own user are there. */
export async function readSessions(
  ask: Ask,
  condition: string,
  values: readonly SqlValue[],
  knownName: string | undefined,
): Promise<readonly SessionInfo[]> {
  const { rows } = await ask(
    `SELECT p.id, p.user, p.host, p.command, p.state, DATE_SUB(NOW(), INTERVAL GREATEST(p.time, 0) SECOND)
 FROM information_schema.processlist p WHERE ${condition} ORDER BY p.id`,
    values,
  )
  const sessions: SessionInfo[] = []
  for (const [id, userName, host, command, state, since] of rows) {
    const sessionId = String(id)
    sessions.push({
      sessionId,
      applicationName: knownName ?? (await readProgramName(ask, sessionId)),
      userName: String(userName ?? ''),
      clientAddress: host === null || host === undefined || host === '' ? undefined : String(host),
      state: [command, state].filter((part) => part !== null && part !== undefined && part !== '').join(': ') || 'unknown',
      since: String(since ?? ''),
      transactionSince: await readTransactionStart(ask, sessionId),
    })
  }
  return sessions
}

async function readProgramName(ask: Ask, sessionId: string): Promise<string> {
  const found = await optional(() =>
    ask(
      "SELECT attr_value FROM performance_schema.session_connect_attrs WHERE processlist_id = ? AND attr_name = 'program_name'",
      [sessionId],
    ),
  )
  return found === null ? '' : found
}

/** Needs the right PROCESS. */
async function readTransactionStart(ask: Ask, sessionId: string): Promise<string | undefined> {
  const found = await optional(() =>
    ask('SELECT trx_started FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = ?', [sessionId]),
  )
  return found ?? undefined
}

/** Courtesies that the user may have no right to see. */
async function optional(read: () => Promise<QueryResult>): Promise<string | null> {
  try {
    const value = (await read()).rows[0]?.[0]
    return value === null || value === undefined ? null : String(value)
  } catch {
    // Refused or not there: shown as unknown.
    return null
  }
}
