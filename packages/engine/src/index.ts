export { DatabaseError } from './database.ts'
export type {
  BoundStatement,
  Database,
  DatabaseErrorInit,
  DatabaseErrorReason,
  DatabaseNotice,
  KeptRows,
  QueryResult,
  SessionFacts,
  SessionInfo,
  SmallTransaction,
  SqlValue,
  StatementResult,
  StatementTimeouts,
  TableColumn,
  TransactionState,
} from './database.ts'
export type { ConditionQuery, Dialect, GenerateContext, GeneratedSql, SchemaFacts, TableFacts } from './dialect.ts'
export { formatChangesetKey, normalizeChangesetKey } from './changeset-key.ts'
export type { ChangesetKey } from './changeset-key.ts'
export type { ChangesetDirection, ChangesetResult, EngineEvent, EngineFailure, LockHolder, OnEngineEvent } from './events.ts'
export type {
  CommandInput,
  LimitOptions,
  SelectionOptions,
  SyncOptions,
  TagPlan,
  TrackingOptions,
  UpdateOptions,
  WriteOptions,
  WritePlan,
} from './options.ts'
export { hasPlanErrors } from './plan.ts'
export type {
  ClearChecksumsPlan,
  ExecuteSqlPlan,
  HostCommand,
  PlannedChangeset,
  PlannedStatement,
  PlannedSync,
  SkipReason,
  SkippedChangeset,
  SyncPlan,
  TestRollbackPlan,
  UpdatePlan,
} from './plan.ts'
export type { PlannedRollback, RollbackPlan, RollbackTarget } from './rollback-plan.ts'
export type {
  ApplyReport,
  ClearChecksumsReport,
  CommandReport,
  ExecutedStatement,
  ExecuteSqlReport,
  ReportEntry,
  RollbackReport,
  SyncReport,
  TagReport,
  TestRollbackReport,
} from './report.ts'
export type { HistoryRow } from './history-row.ts'
export type { ExpectedWork, Inspection, PartialChangeset } from './inspection.ts'
export { planUpdate } from './update.ts'
export { applyPlan } from './apply.ts'
export type { ApplyInput } from './apply.ts'
export { applyRollback, planRollback } from './rollback.ts'
export type { ApplyRollbackInput, RollbackPlanInput } from './rollback.ts'
export { findTaggedRow, tagDatabase } from './tag.ts'
export type { FindTagInput, TagInput } from './tag.ts'
export { applySync, planSync } from './sync.ts'
export type { ApplySyncInput } from './sync.ts'
export { calculateChecksum, clearChecksums, planClearChecksums } from './checksums.ts'
export type { CalculateChecksumInput, CalculatedChecksum, ClearChecksumsInput } from './checksums.ts'
export { executeSql, planExecuteSql } from './execute-sql.ts'
export type { ExecuteSqlInput, SqlText } from './execute-sql.ts'
export { planTestRollback, testRollback } from './test-rollback.ts'
export type { TestRollbackInput } from './test-rollback.ts'
export { readHistory, readStatus } from './status.ts'
export type { HistoryInput, StatusReport } from './status.ts'
export { previewSql } from './preview.ts'
export type { Preview, PreviewInput, PreviewOptions } from './preview.ts'
export { inspect } from './inspect.ts'
export type { InspectInput } from './inspect.ts'
export { readLock, releaseStaleLock } from './locks.ts'
export type { LocksInput, ReleaseLockInput } from './locks.ts'
export { listPartials, settlePartial } from './settle-partial.ts'
export type { InterruptedChangeset, PartialOutcome, SettledPartial, SettlePartialInput } from './settle-partial.ts'
export { validateChangelog } from './validate.ts'
export type { ValidateInput } from './validate.ts'
// Dialects are written against these, and may import the engine only.
export type { ChangeNode, Changelog, Changeset, ModelledChange, ModelledChangeName, PreconditionTest } from '@sluice/changelog'
export { matchesDbms, readCsv } from '@sluice/changelog'

// Snapshot, diff, changelogs from databases, drop-all.
export * from './snapshot/index.ts'
