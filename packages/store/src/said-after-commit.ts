import type { Queryable } from './queryable.ts'

type Said = readonly [channel: string, payload: string]

/** What transactions that are open have to say once they are committed. */
const waiting = new WeakMap<Queryable, Map<string, Said>>()

/** From now on the connection is in a transaction: what is said on it waits for the commit. */
export function keepUntilCommit(connection: Queryable): void {
  waiting.set(connection, new Map())
}

/** The transaction is over. Gives what it had to say, each once. */
export function takeKept(connection: Queryable): readonly Said[] {
  const kept = waiting.get(connection)
  waiting.delete(connection)
  return [...(kept?.values() ?? [])]
}

/**
 * Says things on channels of NOTIFY: at once, or when the transaction that the connection is in has been committed. It is said by a statement of
 * its own then: PostgreSQL lets one transaction at a time commit that has said something, with the wait for the disk in it
 * (https://www.postgresql.org/docs/current/sql-notify.html), and one that has written nothing does not wait for the disk.
 */
export async function say(connection: Queryable, all: readonly Said[]): Promise<void> {
  const kept = waiting.get(connection)
  if (kept !== undefined) {
    for (const said of all) kept.set(said.join(' '), said)
    return
  }
  if (all.length === 0) return
  await connection.query({
    name: 'notify',
    text: 'select pg_notify(channel, payload) from unnest($1::text[], $2::text[]) as said (channel, payload)',
    values: [all.map(([channel]) => channel), all.map(([, payload]) => payload)],
  })
}
