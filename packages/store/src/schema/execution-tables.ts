import type { ExecutionEvent, ExecutionState, ExecutionStatus } from '@sluice/pipeline'
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { Json, JsonWithDefault, Optional, OptionalTime, Time } from './columns.ts'

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
