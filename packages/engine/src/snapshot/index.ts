export { snapshotDatabase } from './take-snapshot.ts'
export type { SnapshotInput, SnapshotOptions } from './take-snapshot.ts'
export { compareObjects, objectId, objectName, objectTypes, snapshotFormat, snapshotVersion } from './model.ts'
export type {
  Attachment,
  ObjectType,
  PropertyValue,
  Snapshot,
  SnapshotObject,
  SnapshotProduct,
  UncarriedObject,
} from './model.ts'
export type { AlterPlan, Alteration, Catalogue, CatalogueContents, CatalogueRequest, ObjectPair, TableRows } from './catalogue.ts'
export { wholeOf } from './order.ts'
export { looksLikeSnapshot, parseSnapshot, serializeSnapshot } from './document.ts'
export type { ParsedSnapshot } from './document.ts'
export { renderDiff, renderSnapshot, summarizeDiff } from './snapshot-text.ts'
export { diffSnapshots } from './diff.ts'
export type { ChangedObject, OneSidedObject, PropertyDifference, SnapshotDiff } from './diff.ts'
export { parseObjectTypes } from './filter.ts'
export type { ObjectFilter } from './filter.ts'
export type { ChangelogPlan, ChangelogStep } from './changelog-plan.ts'
export { planCreation } from './plan-creation.ts'
export { planMigration } from './plan-migration.ts'
export type { MigrationInput } from './plan-migration.ts'
export { planData } from './plan-data.ts'
export type { PlanDataInput } from './plan-data.ts'
export { formatOfFile, writeChangelog } from './write-changelog.ts'
export type { WriteChangelogOptions, WrittenChangelog } from './write-changelog.ts'
export { changelogFormats } from './written.ts'
export type { WrittenChangeset, WrittenFormat } from './written.ts'
export { dropAll, planDropAll } from './drop-all.ts'
export type { DropAllInput, DropAllOptions, DropAllPlan, DropAllReport, PlanDropAllInput } from './drop-all.ts'
