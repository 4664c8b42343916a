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
export {
  applyPlan,
  applyRollback,
  inspect,
  planRollback,
  planUpdate,
  previewSql,
  readHistory,
  readStatus,
  tagDatabase,
  validateChangelog,
} from './commands.ts'
export type {
  ApplyInput,
  ApplyRollbackInput,
  HistoryInput,
  InspectInput,
  Preview,
  PreviewInput,
  RollbackPlanInput,
  StatusReport,
  TagInput,
  ValidateInput,
} from './commands.ts'
// Dialects are written against these, and may import the engine only.
export type { ChangeNode, Changelog, Changeset, ModelledChange, ModelledChangeName, PreconditionTest } from '@sluice/changelog'
