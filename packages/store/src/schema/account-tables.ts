import type { Generated, GeneratedAlways } from 'kysely'
import type { Json, JsonWithDefault, Optional, OptionalTime, Time } from './columns.ts'

export interface SchemaInfoTable {
  singleton: Generated<boolean>
  oldest_server: number
}

export interface EntitiesTable {
  id: string
  kind: string
  /** Empty for the account. */
  org: string
  /** Empty outside of projects. */
  project: string
  identifier: string
  name: string
  tags: JsonWithDefault<Record<string, string>>
  body: Json<Record<string, unknown>>
  target_key: Optional<string>
  version: Generated<number>
  created_at: Time
  updated_at: Time
}

export interface EntityRefsTable {
  entity_id: string
  field: string
  kind: string
  org: string
  project: string
  identifier: string
}

export interface SecretValuesTable {
  entity_id: string
  version: number
  record: Json<Record<string, unknown>>
  recipients: string[]
  updated_at: Time
}

export interface AccountSettingsTable {
  singleton: Generated<boolean>
  settings: Json<Record<string, unknown>>
  updated_at: Time
}

export interface AuditEventsTable {
  id: GeneratedAlways<number>
  at: Time
  actor: string
  action: string
  subject: string
  org: Generated<string>
  project: Generated<string>
  request_id: Optional<string>
  details: JsonWithDefault<Record<string, unknown>>
}

export type Role = 'viewer' | 'operator' | 'editor' | 'admin'

export interface ApiKeysTable {
  id: string
  name: string
  role: Role
  org: Generated<string>
  project: Generated<string>
  hash: string
  created_by: string
  created_at: Time
  expires_at: OptionalTime
  last_used_at: OptionalTime
}

export interface SessionsTable {
  hash: string
  api_key_id: string
  created_at: Time
  expires_at: Date
}

export interface LoginCodesTable {
  hash: string
  api_key_id: string
  expires_at: Date
}

export interface ServerKeysTable {
  kid: string
  purpose: string
  secret: Buffer
  created_at: Time
}

export interface NoncesTable {
  nonce: string
  expires_at: Date
}

export interface EnrolmentTokensTable {
  id: string
  hash: string
  org: Generated<string>
  project: Generated<string>
  uses_left: number
  approve: boolean
  created_by: string
  created_at: Time
  expires_at: Date
}

export interface DelegatesTable {
  id: string
  name: string
  org: Generated<string>
  project: Generated<string>
  tags: Generated<string[]>
  approved: Generated<boolean>
  revoked: Generated<boolean>
  draining: Generated<boolean>
  seal_public_key: string
  key_id: string
  version: Generated<string>
  created_at: Time
}

export interface DelegateInstancesTable {
  id: string
  delegate_id: string
  name: string
  auth_public_key: string
  boot_id: Optional<string>
  last_seen_at: OptionalTime
  free: Generated<number>
  draining: Generated<boolean>
  deregistered: Generated<boolean>
  executors: Generated<string[]>
  version: Generated<string>
  protocol: Generated<number>
  created_at: Time
}
