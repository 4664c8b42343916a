export { modelledChangeNames, preconditionAttributes } from './model.ts'
export type {
  Change,
  ChangeNode,
  Changelog,
  ChangelogFormat,
  Changeset,
  ModelledChange,
  ModelledChangeName,
  ObjectQuotingStrategy,
  Precondition,
  PreconditionContainer,
  PreconditionGroup,
  PreconditionName,
  PreconditionOutcome,
  PreconditionTest,
  Rollback,
  SourcePlace,
  SqlChange,
  SqlFileChange,
  SqlVisitor,
} from './model.ts'
export { createMemoryTree } from './file-tree.ts'
export type { FileTree } from './file-tree.ts'
export { parseChangelog } from './parse-changelog.ts'
export type { ParseOptions, ParseResult } from './parse-changelog.ts'
export { changelogLimits } from './text-file.ts'
export { checksumVersion, computeChecksum, computeExactDigest, currentChecksumVersion, isToleratedChecksum } from './checksum.ts'
export type { ChecksumVersion } from './checksum.ts'
export { serializeChange } from './serialize-change.ts'
export { contextsText, describeChanges, historyTexts, labelsText } from './history-columns.ts'
export type { HistoryTexts } from './history-columns.ts'
export {
  evaluateExpression,
  matchesChangeDbms,
  matchesContexts,
  matchesDbms,
  matchesLabels,
  parseExpression,
} from './expression.ts'
export type { Expression, ExpressionResult } from './expression.ts'
export { changesetKey, normalizePath, recordedKeys } from './paths.ts'
export { md5Hex } from './md5.ts'
export { sha256Hex } from './sha256.ts'
export { readPropertiesFile } from './properties-file.ts'
export { readCsv } from './csv.ts'
export type { CsvOptions, CsvRow } from './csv.ts'
export type { DatabaseFacts } from './database-properties.ts'
