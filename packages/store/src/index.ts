export { openStore } from './database.ts'
export type { Db, Store, StoreOptions, Trx } from './database.ts'
export { toJson, toStorable, toStorableText } from './json.ts'
export { schemaVersion } from './migrate.ts'
export type * from './schema.ts'
export { createNotifications, notify } from './notifications.ts'
export type { Channel, NotificationCallback, Notifications, NotificationsOptions, WaitOptions } from './notifications.ts'
export { inTransaction, intervalMs, isDatabaseUnavailable, isUniqueViolation } from './queryable.ts'
export type { Queryable } from './queryable.ts'
export { deleteApiKey, findApiKey, getApiKey, insertApiKey, insertFirstApiKey, listApiKeys } from './api-keys.ts'
export type { ApiKey, ApiKeyInput } from './api-keys.ts'
export { writeAudit } from './audit.ts'
export type { AuditEntry } from './audit.ts'
export { deleteSession, findSession, insertLoginCode, insertSession, takeLoginCode } from './sessions.ts'
export { defaultSettings, readSettings, updateSettings } from './settings.ts'
export type { AccountSettings } from './settings.ts'
export { hashToken } from './tokens.ts'
export { ensureDefaultScopes } from './default-scopes.ts'
export { countInstances, readInstanceFacts, readSecretFacts } from './entities/entity-facts.ts'
export type { InstanceFacts, SecretFacts } from './entities/entity-facts.ts'
export {
  deleteEntity,
  getEntity,
  insertEntity,
  listReferrers,
  lockEntity,
  lockReferenced,
  replaceEntity,
} from './entities/entity-store.ts'
export type { EntityKey, EntityReference, EntityWrite } from './entities/entity-store.ts'
export { listEntities } from './entities/list-entities.ts'
export type { EntityCursor, EntityFilter } from './entities/list-entities.ts'
export { getSecretValue, writeSecretValue } from './entities/secret-values.ts'
export type { SealedValue } from './entities/secret-values.ts'
export { createFitKey, explainMisfit, fits } from './queue/fit.ts'
export type { DelegateFit, TaskFit } from './queue/fit.ts'
export { enqueueTask } from './queue/enqueue-task.ts'
export type { NewTask } from './queue/enqueue-task.ts'
export { claimTasks, claimText, claimValues, listContestedKeys, listQueuedKeys, orderKeys, readFit } from './queue/claim-tasks.ts'
export type { ClaimedTask, ClaimSlot } from './queue/claim-tasks.ts'
export { refuseTask } from './queue/refuse-task.ts'
export type { Refusal } from './queue/refuse-task.ts'
export { declineAttempt, expireOffers, withdrawTask } from './queue/release-task.ts'
export { acceptAttempts, readAccepted } from './attempts/accept-attempt.ts'
export type { AcceptedTask, AcceptInput } from './attempts/accept-attempt.ts'
export { completeAttempt } from './attempts/complete-attempt.ts'
export { endAttempt, failInspection } from './attempts/end-attempt.ts'
export { judgeLeases } from './attempts/judge-leases.ts'
export type { Judgement } from './attempts/judge-leases.ts'
export { isLive, lockAttempt, readAttempt } from './attempts/read-attempt.ts'
export type { AttemptFacts } from './attempts/read-attempt.ts'
export { clearCleanups, readInstanceCommands, readRunnerNews } from './attempts/read-orders.ts'
export type { InstanceCommand, RunnerNews } from './attempts/read-orders.ts'
export { renewLeases, touchAttempt } from './attempts/renew-leases.ts'
export type { HeartbeatEntry, LeaseVerdict } from './attempts/renew-leases.ts'
export { grantPermit, refusalOf, releasePermit } from './permits.ts'
export type { PermitAnswer, PermitRequestFacts, TargetHolder } from './permits.ts'
export { recordEvents } from './reports/record-events.ts'
export type { RecordAnswer, ReportBatch } from './reports/record-events.ts'
export { listKubernetesEvents, markAttemptPhase, markAttemptWaiting, readAttemptWaiting } from './reports/placement-reports.ts'
export type { KubernetesEventReport } from './reports/placement-reports.ts'
export {
  lockReportedSteps,
  markStepFinished,
  markStepStarted,
  markStepWaiting,
  storeChangesets,
  storeInspection,
  storePlan,
  storeResolvedSource,
} from './reports/step-reports.ts'
export type { ChangesetReport, InspectionFinding, ReportedStep } from './reports/step-reports.ts'
export { addExecutionNote, awaitExecution, lockExecution, storeExecution } from './executions/advance-execution.ts'
export type { ExecutionUpdate, LockedExecution } from './executions/advance-execution.ts'
export {
  clearTimer,
  deleteEvents,
  hasDueEvents,
  isResolutionWaiting,
  insertExecutionEvent,
  listDueExecutions,
  msUntilNextDue,
  postponeEvent,
  readDueEvents,
  setTimer,
} from './executions/inbox.ts'
export type { InboxEvent } from './executions/inbox.ts'
export {
  cancelAttempt,
  cancelStepRun,
  finishAttemptSteps,
  markStepOver,
  markStepUnknown,
  offerStepRun,
  readTaskSteps,
  stepBelongsTo,
  upsertStepRuns,
} from './executions/step-runs.ts'
export type { NewStepRun, TaskStepFacts } from './executions/step-runs.ts'
export { createNonce, deleteOldNonces, takeNonce } from './delegates/nonces.ts'
export { enrolInstance, isEnrolRace, keyIdOf } from './delegates/enrol-instance.ts'
export type { EnrolAnswer, EnrolInput } from './delegates/enrol-instance.ts'
export {
  deregisterInstance,
  listSelectionCandidates,
  readInstance,
  storeInstanceVersion,
  readInstances,
  type SeenInstance,
  touchInstances,
} from './delegates/instances.ts'
export type { ConnectedInstance, SelectionCandidate } from './delegates/instances.ts'
export { appendLog, readLogBytes } from './logs/append-log.ts'
export type { LogAnswer, LogAppend } from './logs/append-log.ts'
export { sealLog } from './logs/seal-log.ts'
export type { LogSeal, SealAnswer } from './logs/seal-log.ts'
export { loadServerKeys } from './server-keys.ts'
export type { ServerKey } from './server-keys.ts'
export { deleteOldExecutions, sweepExpired } from './retention.ts'
export { deleteDelegate, getDelegate, listDelegates, listRecipients, updateDelegate } from './admin/delegates-read.ts'
export type { DelegateChanges, DelegateDetails, HeldAttempt } from './admin/delegates-read.ts'
export { listExecutionChangesets, listInstanceChangesets } from './executions-read/list-changesets.ts'
export type { ChangesetRunRow } from './executions-read/list-changesets.ts'
export { getExecutionSummary, listExecutions } from './executions-read/list-executions.ts'
export type { ExecutionFilter, ExecutionSummaryRow } from './executions-read/list-executions.ts'
export { listTargets } from './executions-read/list-targets.ts'
export type { TargetInstance, TargetRow } from './executions-read/list-targets.ts'
export { readExecution } from './executions-read/read-execution.ts'
export type { ChangesetCounts, ExecutionDetails, GroupAttempt, LogStreamFacts } from './executions-read/read-execution.ts'
export { isLogStreamExpected, markLogWatched, readLogStream } from './executions-read/read-log.ts'
export type { LogStreamState } from './executions-read/read-log.ts'
export { deleteEnrolmentToken, getEnrolmentToken, insertEnrolmentToken, listEnrolmentTokens } from './admin/enrolment-tokens.ts'
export type { EnrolmentToken } from './admin/enrolment-tokens.ts'
export {
  isModuleEnabled,
  readPlanSettings,
  listStaleInspections,
  openInspection,
  planKeyText,
  readInspectedStep,
  readPlanEntities,
  withdrawInspections,
} from './executions/plan-lookups.ts'
export type { InspectedStep, PlanEntity, PlanKey } from './executions/plan-lookups.ts'
export {
  takeIdempotencyKey,
  insertExecution,
  listWaitingTasks,
  markCancelRequested,
  nextSequence,
  readExecutionState,
} from './executions/start-execution.ts'
export type { NewExecution, WaitingTask } from './executions/start-execution.ts'
