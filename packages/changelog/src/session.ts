import type { FileTree } from './file-tree.ts'
import type { Change, Changeset, PreconditionGroup, SourcePlace } from './model.ts'
import type { Properties, PropertyScope } from './properties.ts'
import type { Reporter } from './reporter.ts'

/** State of one parse that every reader shares. */
export interface ParseSession {
  readonly tree: FileTree
  readonly reporter: Reporter
  readonly properties: Properties
  /** Short name of the database, or undefined to keep changesets of every database. */
  readonly dbms: string | undefined
  readonly contexts: readonly string[]
  readonly labelFilter: string | undefined
  readonly changesets: Changeset[]
  /** Changesets with errors of their own, and how many errors are such: they say nothing against the others. */
  readonly broken: { readonly changesets: Set<Changeset>; errorCount: number }
  readonly preconditions: PreconditionGroup[]
  readonly files: Set<string>
  /** References from rollbacks to other changesets, looked up when all are known. */
  readonly references: RollbackReference[]
}

export interface RollbackReference {
  readonly id: string
  readonly author: string
  readonly path: string
  readonly place: SourcePlace
  /** Filled in at the end of the parse. */
  readonly changes: Change[]
}

/** What a file hands down to its changesets and to the files it includes. */
export interface FileContext {
  /** Path from the root of the tree. */
  readonly file: string
  /** The FILENAME of its changesets. */
  readonly path: string
  /** A `logicalFilePath` of the include itself: newer versions of Liquibase record it as FILENAME, older ones do not. */
  readonly includePath: string | undefined
  readonly scope: PropertyScope
  /** Nearest first. */
  readonly contexts: readonly string[]
  readonly labels: readonly (readonly string[])[]
  readonly ignore: boolean
  /** The files on the way here, for naming a cycle. */
  readonly chain: readonly string[]
}

/** Expands properties in a text that stands at `place`. */
export function expandAt(session: ParseSession, context: FileContext, text: string, place: SourcePlace): string {
  return session.properties.expand(text, context.scope, (problem) => session.reporter.error(place, problem.code, problem.message))
}

/** Other FILENAMEs of a changeset whose own path is the one of its file. */
export function otherPathsOf(context: FileContext, path: string): readonly string[] {
  const { includePath } = context
  return includePath === undefined || path !== context.file || includePath === path ? [] : [includePath]
}

/** Keeps a changeset apart that was read with errors. `before` is the number of errors before it was read. */
export function noteBroken({ broken, reporter }: ParseSession, changeset: Changeset | undefined, before: number): void {
  const found = reporter.errorCount - before
  if (found === 0) return
  broken.errorCount += found
  if (changeset !== undefined) broken.changesets.add(changeset)
}
