import { type Kysely, sql } from 'kysely'
import { toJson } from './json.ts'
import type { Database } from './schema.ts'

/** Settings of the account. */
export interface AccountSettings {
  /** The Database DevOps module: off, its API and steps refuse; stored data stays. */
  readonly DBOPS_ENABLED: boolean
  /** Days that finished executions, their logs and changeset records are kept. */
  readonly executionRetentionDays: number
}

export const defaultSettings: AccountSettings = { DBOPS_ENABLED: true, executionRetentionDays: 365 }

/** The account's settings; what was never set has its default. */
export async function readSettings(db: Kysely<Database>): Promise<AccountSettings> {
  const row = await db.selectFrom('account_settings').select('settings').executeTakeFirst()
  return { ...defaultSettings, ...row?.settings }
}

/** Changes the settings that are named and leaves the others. */
export async function updateSettings(db: Kysely<Database>, changes: Partial<AccountSettings>): Promise<AccountSettings> {
  const settings = toJson(changes)
  await sql`
    insert into account_settings (settings) values (${settings}::jsonb)
    on conflict (singleton) do update set settings = account_settings.settings || excluded.settings, updated_at = now()
  `.execute(db)
  return readSettings(db)
}
