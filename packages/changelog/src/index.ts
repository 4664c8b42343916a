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
