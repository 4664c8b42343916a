import type { Selectable } from 'kysely'
import type {
  SchemaInfoTable,
  EntitiesTable,
  EntityRefsTable,
  SecretValuesTable,
  AccountSettingsTable,
  AuditEventsTable,
  ApiKeysTable,
  SessionsTable,
  LoginCodesTable,
  ServerKeysTable,
  NoncesTable,
  EnrolmentTokensTable,
  DelegatesTable,
  DelegateInstancesTable,
} from './schema/account-tables.ts'
import type {
  TasksTable,
  TaskDeclinesTable,
  AttemptsTable,
  AttemptEventsTable,
  PermitsTable,
  TargetFencesTable,
  LogStreamsTable,
  LogChunksTable,
} from './schema/attempt-tables.ts'
import type {
  PipelineSequencesTable,
  ExecutionsTable,
  ExecutionEventsTable,
  StepRunsTable,
  StepPlansTable,
  ChangesetRunsTable,
  SourcesTable,
  InspectionsTable,
} from './schema/execution-tables.ts'

// Names and meaning of the columns: migrations/. 64-bit integers arrive as numbers (database.ts), times as Date.

export type * from './schema/account-tables.ts'
export type * from './schema/attempt-tables.ts'
export type * from './schema/columns.ts'
export type * from './schema/execution-tables.ts'

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
