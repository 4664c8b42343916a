import { type Kysely, sql } from 'kysely'
import { toJson } from './json.ts'
import type { Database } from './schema.ts'

/** Settings of the account. */
export interface AccountSettings {
  /** The Database DevOps module: off, its API and steps refuse; stored data stays. */
  readonly DBOPS_ENABLED: boolean
  /** Days that finished executions, their logs and changeset records are kept. */
  readonly executionRetentionDays: number
  /** How values reach pods: as Secrets of their namespace, or over the relay only. */
  readonly secrets: 'kubernetes' | 'runtime'
  /** Whether pods get registry Secrets made from connectors, or rely on their service account's own. */
  readonly registryCredentials: 'connectors' | 'serviceAccount'
  /** The runner's image in the registries that database steps name, without the registry; empty for this version's own. */
  readonly runnerImage: string
  /** Put in front of images that name no registry, for clusters without a way to Docker Hub; empty for none. */
  readonly imageRegistry: string
}

export const defaultSettings: AccountSettings = {
  DBOPS_ENABLED: true,
  executionRetentionDays: 365,
  secrets: 'kubernetes',
  registryCredentials: 'connectors',
  runnerImage: '',
  imageRegistry: '',
}

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
