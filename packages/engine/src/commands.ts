import { AppError } from '@sluice/base'
import type { Diagnostic } from '@sluice/base'
import type { Changelog } from '@sluice/changelog'
import type { ChangesetKey } from './changeset-key.ts'
import type { Database } from './database.ts'
import type { Dialect } from './dialect.ts'
import type { HistoryRow } from './history-row.ts'
import type { ExpectedWork, Inspection, PartialChangeset } from './inspection.ts'
import type { CommandInput, SelectionOptions, TrackingOptions, UpdateOptions, WriteOptions } from './options.ts'
import type { SkippedChangeset, UpdatePlan } from './plan.ts'
import type { ApplyReport, RollbackReport, TagReport } from './report.ts'
import type { RollbackPlan, RollbackTarget } from './rollback-plan.ts'

function later(): never {
  throw new AppError('internal', 'ENGINE_NOT_READY', 'This part of the engine is being written.')
}

export interface ApplyInput extends CommandInput<UpdateOptions & WriteOptions> {
  readonly options: UpdateOptions & WriteOptions
  readonly plan: UpdatePlan
}

export interface RollbackPlanInput extends CommandInput<SelectionOptions> {
  readonly target: RollbackTarget
}

export interface ApplyRollbackInput extends CommandInput<SelectionOptions & WriteOptions> {
  readonly options: SelectionOptions & WriteOptions
  readonly plan: RollbackPlan
}

export interface TagInput extends Omit<CommandInput<TrackingOptions & WriteOptions>, 'changelog'> {
  readonly options: TrackingOptions & WriteOptions
  readonly tag: string
}

export interface StatusReport {
  readonly diagnostics: readonly Diagnostic[]
  readonly pending: readonly ChangesetKey[]
  readonly skipped: readonly SkippedChangeset[]
  readonly unexpected: readonly ChangesetKey[]
  readonly partial: readonly PartialChangeset[]
  readonly lastTag: string | null
  readonly applied: number
  readonly isUpToDate: boolean
}

export interface HistoryInput {
  readonly database: Database
  readonly options?: TrackingOptions | undefined
}

export interface InspectInput {
  readonly database: Database
  readonly expected: ExpectedWork
  readonly options?: TrackingOptions | undefined
}

export interface PreviewInput {
  /** Undefined = offline: an empty history, unqualified names. */
  readonly database?: Database | undefined
  readonly dialect?: Dialect | undefined
  readonly changelog: Changelog
  readonly what: { readonly kind: 'update' } | { readonly kind: 'rollback'; readonly target: RollbackTarget }
  readonly options?: (UpdateOptions & { readonly includeTracking?: boolean | undefined }) | undefined
}

export interface Preview {
  readonly sql: string
  readonly diagnostics: readonly Diagnostic[]
  readonly plan: UpdatePlan | RollbackPlan
}

export interface ValidateInput {
  readonly database?: Database | undefined
  readonly dialect?: Dialect | undefined
  readonly changelog: Changelog
  readonly options?: SelectionOptions | undefined
}

export async function planUpdate(_input: CommandInput<UpdateOptions>): Promise<UpdatePlan> {
  return later()
}
export async function applyPlan(_input: ApplyInput): Promise<ApplyReport> {
  return later()
}
export async function readStatus(_input: CommandInput<UpdateOptions>): Promise<StatusReport> {
  return later()
}
export async function readHistory(_input: HistoryInput): Promise<readonly HistoryRow[]> {
  return later()
}
export async function tagDatabase(_input: TagInput): Promise<TagReport> {
  return later()
}
export async function planRollback(_input: RollbackPlanInput): Promise<RollbackPlan> {
  return later()
}
export async function applyRollback(_input: ApplyRollbackInput): Promise<RollbackReport> {
  return later()
}
export async function previewSql(_input: PreviewInput): Promise<Preview> {
  return later()
}
export async function inspect(_input: InspectInput): Promise<Inspection> {
  return later()
}
export async function validateChangelog(_input: ValidateInput): Promise<readonly Diagnostic[]> {
  return later()
}
