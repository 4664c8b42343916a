import type { Generated } from 'kysely'
import type { Json, JsonWithDefault, Optional, OptionalTime, Time } from './columns.ts'
import type { CancelModeColumn } from './execution-tables.ts'

export type TaskState = 'queued' | 'offered' | 'accepted' | 'done' | 'withdrawn'

export interface TasksTable {
  id: string
  execution_id: string
  group_id: string
  group_path: Generated<string>
  kind: 'stepGroup' | 'inspection'
  state: Generated<TaskState>
  fence: Generated<number>
  priority: Generated<number>
  org: string
  project: string
  selectors: Generated<string[]>
  needs_approval: Generated<boolean>
  recipients: Optional<string[]>
  fit_key: string
  spec: Json<Record<string, unknown>>
  infra: Generated<'process' | 'kubernetes'>
  infra_target: Optional<Record<string, unknown>>
  step_run_id: Optional<string>
  attempt_number: Generated<number>
  queued_at: Time
  done_at: OptionalTime
}

export interface TaskDeclinesTable {
  task_id: string
  delegate_id: string
  until: Date
  code: Generated<string>
  reason: string
}

export type AttemptState = 'offered' | 'accepted' | 'running' | 'finishing' | 'completed' | 'ended'

export interface AttemptsTable {
  id: string
  task_id: string
  execution_id: string
  epoch: number
  state: AttemptState
  delegate_id: string
  delegate_instance_id: string
  delegate_name: Generated<string>
  boot_id: Optional<string>
  runner_boot_id: Optional<string>
  place: Optional<string>
  waiting_for: Optional<string>
  waiting_hint: Optional<string>
  offer_until: OptionalTime
  lease_until: OptionalTime
  not_after: OptionalTime
  cancel_mode: Optional<CancelModeColumn>
  contact: Generated<'ok' | 'lost'>
  finish: Generated<boolean>
  cleanup: Generated<boolean>
  ended_reason: Optional<string>
  complete_sha: Optional<string>
  created_at: Time
  accepted_at: OptionalTime
  ended_at: OptionalTime
}

export interface AttemptEventsTable {
  attempt_id: string
  source: 'runner' | 'delegate'
  boot_id: string
  seq: number
  sha: string
  body: Json<Record<string, unknown>>
  late: Generated<boolean>
  received_at: Time
}

export interface PermitsTable {
  step_run_id: string
  permit_id: string
  execution_id: string
  attempt_id: string
  epoch: number
  nonce_hash: string
  target_key: string
  server_identity: Optional<string>
  fence: number
  granted_at: Time
  released_at: OptionalTime
}

export interface TargetFencesTable {
  target_key: string
  fence: number
}

export interface LogGap {
  offset: number
  length: number
}

export interface LogStreamsTable {
  id: string
  execution_id: string
  attempt_id: string
  step_run_id: Optional<string>
  length: Generated<number>
  sealed: Generated<boolean>
  sha256: Optional<string>
  gaps: JsonWithDefault<LogGap[]>
  rewinds: Generated<number>
  watched_until: OptionalTime
  created_at: Time
}

export interface LogChunksTable {
  stream_id: string
  byte_offset: number
  bytes: Buffer
  received_at: Time
}
