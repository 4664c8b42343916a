import { createHash } from 'node:crypto'
import { createId } from '@sluice/base'
import { isUniqueViolation, type Queryable } from '../queryable.ts'

export interface EnrolInput {
  /** SHA-256 of the enrolment token, hexadecimal. */
  readonly tokenHash: string
  readonly name: string
  readonly tags: readonly string[]
  readonly instanceName: string
  readonly authPublicKey: string
  readonly sealPublicKey: string
  readonly version: string
  readonly protocol: number
}

export type EnrolAnswer =
  | {
      readonly outcome: 'enrolled'
      readonly delegateId: string
      readonly instanceId: string
      readonly approved: boolean
      readonly fresh: boolean
    }
  | { readonly outcome: 'tokenInvalid' | 'nameTaken' | 'revoked' }

/**
 * Trades an enrolment token for an identity, in the caller's transaction. An instance whose key is known already gets its identity again
 * without using the token up. Replicas of one delegate share its name, scope and sealing key.
 */
export async function enrolInstance(connection: Queryable, input: EnrolInput): Promise<EnrolAnswer> {
  const known = await findByKey(connection, input.authPublicKey)
  if (known !== undefined) {
    return known.revoked ? { outcome: 'revoked' } : { outcome: 'enrolled', fresh: false, ...known }
  }
  const token = await connection.query<{ org: string; project: string; approve: boolean }>({
    name: 'use-enrolment-token',
    text: `
      update enrolment_tokens set uses_left = uses_left - 1 where hash = $1 and uses_left > 0 and expires_at > now()
      returning org, project, approve`,
    values: [input.tokenHash],
  })
  const scope = token.rows[0]
  if (scope === undefined) return { outcome: 'tokenInvalid' }
  // Tokens are spent one at a time, so two replicas with one token find each other's delegate here.
  const created = await connection.query<{ id: string; approved: boolean; revoked: boolean; sealPublicKey: string }>({
    name: 'enrol-delegate',
    text: `
      insert into delegates (id, name, org, project, tags, approved, seal_public_key, key_id, version)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
      on conflict (org, project, name) do update set version = excluded.version,
        approved = delegates.approved or (excluded.approved and delegates.seal_public_key = excluded.seal_public_key)
      returning id, approved, revoked, seal_public_key as "sealPublicKey"`,
    values: [
      createId('dlg'),
      input.name,
      scope.org,
      scope.project,
      [...new Set(input.tags)],
      scope.approve,
      input.sealPublicKey,
      keyIdOf(input.sealPublicKey),
      input.version,
    ],
  })
  const delegate = created.rows[0]
  if (delegate === undefined || delegate.sealPublicKey !== input.sealPublicKey) return { outcome: 'nameTaken' }
  if (delegate.revoked) return { outcome: 'revoked' }
  const instanceId = createId('dli')
  await connection.query({
    name: 'enrol-instance',
    text: `
      insert into delegate_instances (id, delegate_id, name, auth_public_key, version, protocol) values ($1, $2, $3, $4, $5, $6)`,
    values: [instanceId, delegate.id, input.instanceName, input.authPublicKey, input.version, input.protocol],
  })
  return { outcome: 'enrolled', delegateId: delegate.id, instanceId, approved: delegate.approved, fresh: true }
}

/** Whether enrolling failed because the same key was enrolled at the same moment: trying again finds it. */
export function isEnrolRace(error: unknown): boolean {
  return isUniqueViolation(error, 'delegate_instances_auth_public_key_key')
}

/** The id of a sealing key, as the sealing package names it: the first 16 bytes of its SHA-256, hexadecimal. */
export function keyIdOf(publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex').slice(0, 32)
}

async function findByKey(
  connection: Queryable,
  authPublicKey: string,
): Promise<{ delegateId: string; instanceId: string; approved: boolean; revoked: boolean } | undefined> {
  const { rows } = await connection.query<{ delegateId: string; instanceId: string; approved: boolean; revoked: boolean }>({
    name: 'find-instance-by-key',
    text: `
      select d.id as "delegateId", i.id as "instanceId", d.approved, d.revoked
      from delegate_instances i join delegates d on d.id = i.delegate_id where i.auth_public_key = $1`,
    values: [authPublicKey],
  })
  return rows[0]
}
