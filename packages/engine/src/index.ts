export { DatabaseError } from './database.ts'
export type {
  Database,
  DatabaseErrorInit,
  DatabaseNotice,
  QueryResult,
  SessionFacts,
  SessionInfo,
  SqlValue,
  StatementResult,
  TableColumn,
  TransactionState,
} from './database.ts'
export type { ConditionQuery, Dialect, GenerateContext, GeneratedSql } from './dialect.ts'
export { formatChangesetKey, normalizeChangesetKey } from './changeset-key.ts'
export type { ChangesetKey } from './changeset-key.ts'
export type { ChangesetDirection, ChangesetResult, EngineEvent, EngineFailure, LockHolder, OnEngineEvent } from './events.ts'
export type { CommandInput, SelectionOptions, TagPlan, TrackingOptions, UpdateOptions, WriteOptions } from './options.ts'
export { hasPlanErrors } from './plan.ts'
export type { PlannedChangeset, PlannedStatement, SkipReason, SkippedChangeset, UpdatePlan } from './plan.ts'
export type { PlannedRollback, RollbackPlan, RollbackTarget } from './rollback-plan.ts'
export type { ApplyReport, CommandReport, ReportEntry, RollbackReport, TagReport } from './report.ts'
export type { HistoryRow } from './history-row.ts'
export type { ExpectedWork, Inspection, PartialChangeset } from './inspection.ts'
export { planUpdate } from './update.ts'
export { applyPlan } from './apply.ts'
export type { ApplyInput } from './apply.ts'
export { applyRollback, planRollback } from './rollback.ts'
export type { ApplyRollbackInput, RollbackPlanInput } from './rollback.ts'
export { tagDatabase } from './tag.ts'
export type { TagInput } from './tag.ts'
export { readHistory, readStatus } from './status.ts'
export type { HistoryInput, StatusReport } from './status.ts'
export { previewSql } from './preview.ts'
export type { Preview, PreviewInput } from './preview.ts'
export { inspect } from './inspect.ts'
export type { InspectInput } from './inspect.ts'
export { readLock, releaseStaleLock } from './locks.ts'
export type { LocksInput, ReleaseLockInput } from './locks.ts'
export { validateChangelog } from './validate.ts'
export type { ValidateInput } from './validate.ts'
// Dialects are written against these, and may import the engine only.
export type { ChangeNode, Changelog, Changeset, ModelledChange, ModelledChangeName, PreconditionTest } from '@sluice/changelog'

// Snapshot, diff, changelogs from databases, drop-all.
export * from './snapshot/index.ts'
