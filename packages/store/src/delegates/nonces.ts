import { createToken } from '@sluice/base'
import type { Queryable } from '../queryable.ts'
import { intervalMs } from '../queryable.ts'

/** A nonce for a delegate to sign, good for one use. */
export async function createNonce(connection: Queryable, lifeMs: number): Promise<string> {
  const nonce = createToken()
  await connection.query({
    name: 'create-nonce',
    text: `insert into nonces (nonce, expires_at) values ($1, now() + ${intervalMs('$2')})`,
    values: [nonce, lifeMs],
  })
  return nonce
}

/** Uses a nonce up. False when it is unknown, too old, or was used before. */
export async function takeNonce(connection: Queryable, nonce: string): Promise<boolean> {
  const { rowCount } = await connection.query({
    name: 'take-nonce',
    text: 'delete from nonces where nonce = $1 and expires_at > now()',
    values: [nonce],
  })
  return rowCount === 1
}

/** Removes nonces that nobody came back with. */
export async function deleteOldNonces(connection: Queryable): Promise<void> {
  await connection.query({ text: 'delete from nonces where expires_at < now()' })
}
