import type { ExecutionEvent, ExecutionState, ExecutionStatus } from '@sluice/pipeline'
import type { ColumnType, Generated, GeneratedAlways, Selectable } from 'kysely'

// Names and meaning of the columns: migrations/. 64-bit integers arrive as numbers (database.ts), times as Date.

/** A jsonb column: read as a value, written as JSON text made by `toJson`. */
export type Json<T> = ColumnType<T, string, string>
type JsonWithDefault<T> = ColumnType<T, string | undefined, string>
/** A time written by us or by the database's `now()`. */
type Time = ColumnType<Date, Date | undefined, Date>
type OptionalTime = ColumnType<Date | null, Date | null | undefined, Date | null>
type Optional<T> = ColumnType<T | null, T | null | undefined, T | null>

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
  version: Generated<string>
  protocol: Generated<number>
  created_at: Time
}

export interface PipelineSequencesTable {
  org: string
  project: string
  pipeline: string
  last: number
}

export interface ExecutionsTable {
  id: string
  sequence: number
  org: string
  project: string
  pipeline_identifier: string
  pipeline_name: string
  yaml: string
  inputs: JsonWithDefault<Record<string, string>>
  state: Json<ExecutionState>
  status: ExecutionStatus
  version: Generated<number>
  cancel_requested: Generated<boolean>
  triggered_by: string
  idempotency_key: Optional<string>
  notes: JsonWithDefault<string[]>
  step_counts: JsonWithDefault<Record<string, number>>
  db_instances: Generated<string[]>
  created_at: Time
  started_at: OptionalTime
  ended_at: OptionalTime
}

export interface ExecutionEventsTable {
  id: GeneratedAlways<number>
  execution_id: string
  event: Json<ExecutionEvent>
  due_at: Time
  timer_key: Optional<string>
  tries: Generated<number>
  parked: Generated<boolean>
  error: Optional<string>
}

export type StepRunState = 'pending' | 'offered' | 'running' | 'permitted' | 'finished' | 'unknown'
export type CancelModeColumn = 'graceful' | 'interrupt' | 'force'

export interface StepCounts {
  planned: number
  applied: number
  rolledBack: number
  failed: number
}

export interface StepSummary {
  applied: number
  skipped: number
  rolledBack: number
  lastTag: string | null
}

export interface StepRunsTable {
  id: string
  execution_id: string
  org: string
  project: string
  group_id: string
  task_id: Optional<string>
  attempt_id: Optional<string>
  path: string
  type: string
  state: Generated<StepRunState>
  db_schema: Optional<string>
  db_instance: Optional<string>
  target_key: Optional<string>
  step_order: ColumnType<Record<string, unknown> | null, string | null | undefined, string | null>
  cancel_mode: Optional<CancelModeColumn>
  plan_digest: Optional<string>
  commit_sha: Optional<string>
  waiting_for: Optional<string>
  counts: ColumnType<StepCounts | null, string | null | undefined, string | null>
  summary: ColumnType<StepSummary | null, string | null | undefined, string | null>
  offered_at: OptionalTime
  started_at: OptionalTime
  finished_at: OptionalTime
}

export interface StepPlansTable {
  step_run_id: string
  position: number
  changeset_id: string
  author: string
  path: string
}

export type ChangesetRunState = 'applied' | 'reran' | 'markedRan' | 'rolledBack' | 'failed'

export interface ChangesetRunsTable {
  id: GeneratedAlways<number>
  execution_id: string
  step_run_id: string
  org: string
  project: string
  db_instance: string
  changeset_id: string
  author: string
  path: string
  state: ChangesetRunState
  duration_ms: number
  statements: number
  checksum: Optional<string>
  description: Optional<string>
  position: Optional<number>
  message: Optional<string>
  at: Time
}

export interface SourcesTable {
  execution_id: string
  source_key: string
  commit_sha: string
}

export interface InspectionsTable {
  step_run_id: string
  state: 'running' | 'finished' | 'failed'
  task_id: Optional<string>
  finding: Optional<'noneApplied' | 'allApplied' | 'partlyApplied' | 'cannotTell'>
  applied_count: Optional<number>
  expected_count: Optional<number>
  live_sessions: Optional<number>
  lock_holder: Optional<string>
  message: Optional<string>
  at: Time
}

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

/** Every table of the control plane, as Kysely sees it. */
export interface Database {
  schema_info: SchemaInfoTable
  entities: EntitiesTable
  entity_refs: EntityRefsTable
  secret_values: SecretValuesTable
  account_settings: AccountSettingsTable
  audit_events: AuditEventsTable
  api_keys: ApiKeysTable
  sessions: SessionsTable
  login_codes: LoginCodesTable
  server_keys: ServerKeysTable
  nonces: NoncesTable
  enrolment_tokens: EnrolmentTokensTable
  delegates: DelegatesTable
  delegate_instances: DelegateInstancesTable
  pipeline_sequences: PipelineSequencesTable
  executions: ExecutionsTable
  execution_events: ExecutionEventsTable
  step_runs: StepRunsTable
  step_plans: StepPlansTable
  changeset_runs: ChangesetRunsTable
  sources: SourcesTable
  inspections: InspectionsTable
  tasks: TasksTable
  task_declines: TaskDeclinesTable
  attempts: AttemptsTable
  attempt_events: AttemptEventsTable
  permits: PermitsTable
  target_fences: TargetFencesTable
  log_streams: LogStreamsTable
  log_chunks: LogChunksTable
}

export type EntityRow = Selectable<EntitiesTable>
export type ExecutionRow = Selectable<ExecutionsTable>
export type StepRunRow = Selectable<StepRunsTable>
export type TaskRow = Selectable<TasksTable>
export type AttemptRow = Selectable<AttemptsTable>
export type PermitRow = Selectable<PermitsTable>
export type DelegateRow = Selectable<DelegatesTable>
export type DelegateInstanceRow = Selectable<DelegateInstancesTable>
export type ApiKeyRow = Selectable<ApiKeysTable>
