import { randomBytes } from 'node:crypto'
import { createId } from '@sluice/base'
import type { Queryable } from './queryable.ts'

/** A secret of the server itself, shared by all its processes: what tokens are signed with. */
export interface ServerKey {
  readonly kid: string
  readonly secret: Buffer
}

/** All keys of a purpose, newest first; makes the first one where there is none. The newest signs, all of them verify. */
export async function loadServerKeys(connection: Queryable, purpose: string): Promise<ServerKey[]> {
  const read = async (): Promise<ServerKey[]> => {
    const { rows } = await connection.query<{ kid: string; secret: Buffer }>({
      name: 'load-server-keys',
      text: 'select kid, secret from server_keys where purpose = $1 order by created_at desc, kid desc',
      values: [purpose],
    })
    return rows
  }
  const found = await read()
  if (found.length > 0) return found
  // Two servers may start at once: both then hold both keys, and either may sign.
  await connection.query({
    name: 'create-server-key',
    text: `
      insert into server_keys (kid, purpose, secret)
      select $1, $2, $3 where not exists (select 1 from server_keys where purpose = $2)`,
    values: [createId('key'), purpose, randomBytes(32)],
  })
  return read()
}
