import type pg from 'pg'
import { keepUntilCommit, say, takeKept } from './said-after-commit.ts'

/** What runs a statement: the pool, or one connection inside of a transaction. */
export interface Queryable {
  query<Row extends pg.QueryResultRow>(statement: {
    /** Prepared once per connection under this name; the same name always has the same text. */
    readonly name?: string
    readonly text: string
    readonly values?: unknown[]
  }): Promise<{ readonly rows: Row[]; readonly rowCount: number | null }>
}

/**
 * Runs `work` in one transaction on one connection. Rolls back when it throws. A connection that broke on the way is not reused, and the
 * database ends its transaction, so a lock never outlives its owner. What the transaction has to say to other processes is said behind
 * the commit, and lost with the process: they look again by themselves.
 */
export async function inTransaction<Result>(pool: pg.Pool, work: (connection: Queryable) => Promise<Result>): Promise<Result> {
  const connection = await pool.connect()
  // A connection that dies while it is ours says so twice: through the query and through this event.
  const ignore = (): void => {}
  connection.on('error', ignore)
  let broken = false
  try {
    await connection.query('begin')
    keepUntilCommit(connection)
    const result = await work(connection)
    await connection.query('commit')
    await say(connection, takeKept(connection)).catch(() => {
      broken = true
    })
    return result
  } catch (error) {
    try {
      await connection.query('rollback')
    } catch {
      broken = true
    }
    throw error
  } finally {
    takeKept(connection)
    connection.removeListener('error', ignore)
    connection.release(broken || undefined)
  }
}

// Classes 08 (connection), 53 (resources), 57P (operator intervention), 40 (rolled back: serialization, deadlock), 25006 (a standby).
const transientState = /^(?:08|53|57P0|40|25006)/
const transientCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT',
  'EAI_AGAIN',
  'ENOTFOUND',
  'EHOSTUNREACH',
])
const transientMessages =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|the database system is/i

/**
 * Whether an error says that the database is away or busy, so that the same call may succeed later without anybody changing anything.
 * A statement that ran into its time limit (57014) counts: everything here is a short statement.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth += 1) {
    const { code } = current as { code?: unknown }
    if (typeof code === 'string' && (code === '57014' || transientState.test(code) || transientCodes.has(code))) return true
    if (transientMessages.test(current.message)) return true
    if (current instanceof AggregateError && current.errors.some((inner) => isDatabaseUnavailable(inner))) return true
  }
  return false
}

/** Whether an error is the violation of this constraint or index. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const { code, constraint: violated } = error as { code?: unknown; constraint?: unknown }
  return code === '23505' && (constraint === undefined || violated === constraint)
}

/** An interval parameter in milliseconds: `now() + ${intervalMs('$1')}`. */
export function intervalMs(parameter: string): string {
  return `(${parameter}::double precision * interval '1 millisecond')`
}
