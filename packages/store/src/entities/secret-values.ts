import { AppError } from '@sluice/base'
import { type Kysely, sql, type Transaction } from 'kysely'
import { toJson } from '../json.ts'
import type { Database } from '../schema.ts'

/** A secret's sealed value, which only its recipients can open. */
export interface SealedValue {
  readonly version: number
  readonly record: Readonly<Record<string, unknown>>
  /** Key ids of the delegates it is sealed to. */
  readonly recipients: readonly string[]
}

export async function getSecretValue(db: Kysely<Database>, entityId: string): Promise<SealedValue | undefined> {
  return db
    .selectFrom('secret_values')
    .select(['version', 'record', 'recipients'])
    .where('entity_id', '=', entityId)
    .executeTakeFirst()
}

/**
 * Stores a sealed value. Its version must be one more than the stored one's (1 for the first): two writers cannot overwrite each
 * other. Throws conflict `SECRET_VERSION`.
 */
export async function writeSecretValue(trx: Transaction<Database>, entityId: string, value: SealedValue): Promise<void> {
  const written = await sql`
    insert into secret_values (entity_id, version, record, recipients)
    select ${entityId}, ${value.version}::integer, ${toJson(value.record)}::jsonb, ${[...value.recipients]}::text[]
    where ${value.version}::integer = coalesce((select version from secret_values where entity_id = ${entityId}), 0) + 1
    on conflict (entity_id) do update
      set version = excluded.version, record = excluded.record, recipients = excluded.recipients, updated_at = now()
      where secret_values.version = excluded.version - 1
  `.execute(trx)
  if (written.numAffectedRows === 1n) return
  const stored = await getSecretValue(trx, entityId)
  const next = (stored?.version ?? 0) + 1
  throw new AppError(
    'conflict',
    'SECRET_VERSION',
    `The value has version ${String(value.version)}; the next one is ${String(next)}.`,
    {
      hint: 'Somebody else set this secret meanwhile, or the client is behind: read the secret again and seal for the next version.',
      details: { nextVersion: next },
    },
  )
}
