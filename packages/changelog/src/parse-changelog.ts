import type { Diagnostic } from '@sluice/base'
import { hasErrors } from '@sluice/base'
import { databaseProperties } from './database-properties.ts'
import type { DatabaseFacts } from './database-properties.ts'
import type { FileTree } from './file-tree.ts'
import type { Changelog, Changeset, Precondition } from './model.ts'
import { readChangelogFile } from './read-changelog-file.ts'
import { changesetKey, normalizePath } from './paths.ts'
import { matchesDbms } from './expression.ts'
import { databasePrefix, Properties } from './properties.ts'
import { createReporter } from './reporter.ts'
import type { ParseSession } from './session.ts'

export interface ParseOptions {
  /** Short name of the database (`postgresql`): changesets for others are set aside. All are kept without it. */
  readonly dbms?: string | undefined
  /** Given at run time; they decide which `property` definitions are in force. */
  readonly contexts?: readonly string[] | undefined
  readonly labelFilter?: string | undefined
  /** Properties given by the caller; they win over the changelog's own. */
  readonly properties?: Readonly<Record<string, string>> | undefined
  /** Environment variables that `${NAME}` may see. Nothing by default: they may hold secrets. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** What a connection tells for properties such as `database.defaultSchemaName`; those that only need `dbms` are always there. */
  readonly databaseFacts?: DatabaseFacts | undefined
  /** What becomes of `${name}` without such a property. Default: it stays as written. */
  readonly missingProperty?: 'preserve' | 'empty' | 'error' | undefined
}

export interface ParseResult {
  /** Undefined when there is an error among the diagnostics. */
  readonly changelog: Changelog | undefined
  readonly diagnostics: readonly Diagnostic[]
  /**
   * Where every error is one of a changeset: the changelog without those changesets, in which more problems can be looked for, and nothing
   * but that. An error of a file, an include or a property may be why other changesets look wrong, so that there is none then.
   */
  readonly checkable?: Changelog | undefined
  /** The changelog asks for properties of the database (`database.…`): with other facts of the connection it may say something else. */
  readonly asksDatabase: boolean
}

/**
 * Parses a changelog and everything that it includes: formatted SQL, raw SQL, YAML, JSON and XML, by extension and content.
 * Finds all problems at once and never throws for input. `tree` has to give the same answers for as long as this runs.
 */
export function parseChangelog(rootPath: string, tree: FileTree, options: ParseOptions = {}): ParseResult {
  const reporter = createReporter()
  const properties = new Properties({
    environment: options.environment,
    database: options.dbms === undefined ? undefined : databaseProperties(options.dbms, options.databaseFacts),
    given: options.properties,
    missing: options.missingProperty,
  })
  const session: ParseSession = {
    tree,
    reporter,
    properties,
    dbms: options.dbms,
    contexts: options.contexts ?? [],
    labelFilter: options.labelFilter,
    changesets: [],
    broken: { changesets: new Set(), errorCount: 0 },
    preconditions: [],
    files: new Set(),
    references: [],
  }
  const root = normalizePath(rootPath)
  readChangelogFile(session, {
    file: root,
    path: root,
    includePath: undefined,
    scope: properties.root,
    contexts: [],
    labels: [],
    ignore: false,
    chain: [],
  })
  const { dbms } = options
  const visible = session.changesets.filter((changeset) => dbms === undefined || matchesDbms(changeset.dbms, dbms))
  const { broken } = session
  const isCheckable = reporter.errorCount === broken.errorCount
  reportDuplicates(visible, session)
  resolveReferences(session)
  const isVisible = new Set(visible)
  const changelog: Changelog = {
    rootPath: root,
    changesets: inRunOrder(visible.filter((changeset) => !broken.changesets.has(changeset))),
    otherDatabases: session.changesets.filter((changeset) => !isVisible.has(changeset)),
    preconditions: session.preconditions,
    files: [...session.files].toSorted(),
    properties: properties.globals(),
  }
  const groups = [...changelog.preconditions, ...visible.flatMap(({ preconditions }) => preconditions ?? [])]
  const asksDatabase = properties.asksDatabase || groups.some(({ conditions }) => conditions.some(testsDatabaseProperty))
  const { diagnostics } = reporter
  if (hasErrors(diagnostics))
    return { changelog: undefined, diagnostics, asksDatabase, ...(isCheckable ? { checkable: changelog } : {}) }
  return { changelog, diagnostics, asksDatabase }
}

function testsDatabaseProperty(condition: Precondition): boolean {
  if (condition.type !== 'test') return condition.children.some(testsDatabaseProperty)
  return (
    condition.name === 'changeLogPropertyDefined' &&
    (condition.attributes['property'] ?? '').toLowerCase().startsWith(databasePrefix)
  )
}

function inRunOrder(changesets: readonly Changeset[]): readonly Changeset[] {
  const withOrder = (order: Changeset['runOrder']): readonly Changeset[] => changesets.filter((one) => one.runOrder === order)
  return [...withOrder('first'), ...withOrder(undefined), ...withOrder('last')]
}

function reportDuplicates(changesets: readonly Changeset[], { reporter, broken }: ParseSession): void {
  const seen = new Map<string, Changeset>()
  for (const changeset of changesets) {
    const key = changesetKey(changeset)
    const first = seen.get(key)
    if (first === undefined) {
      seen.set(key, changeset)
      continue
    }
    broken.changesets.add(changeset)
    const where = `${first.place.file}:${first.place.line}`
    const message = `The changeset "${key}" is there twice; the first one is at ${where}.`
    const hint =
      first.place.file === changeset.place.file && first.place.line === changeset.place.line
        ? 'Include its file once.'
        : 'Give it an id of its own.'
    reporter.error(changeset.place, 'CHANGELOG_DUPLICATE', message, hint)
  }
}

function resolveReferences(session: ParseSession): void {
  if (session.references.length === 0) return
  const byKey = new Map(session.changesets.map((changeset) => [changesetKey(changeset), changeset]))
  for (const reference of session.references) {
    const target = byKey.get(changesetKey(reference))
    if (target !== undefined) {
      reference.changes.push(...target.changes)
      continue
    }
    const message = `The rollback refers to the changeset "${changesetKey(reference)}", which is not in the changelog.`
    session.reporter.error(reference.place, 'CHANGELOG_REFERENCE', message, 'Give its path too if it is in another file.')
  }
}
