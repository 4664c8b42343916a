import { existsSync } from 'node:fs'
import { basename, dirname, isAbsolute } from 'node:path'
import { AppError, type Diagnostic, hasErrors, parseDatabaseUrl } from '@sluice/base'
import { type Changelog, type DatabaseFacts, parseChangelog, type ParseResult } from '@sluice/changelog'
import type { Database } from '@sluice/engine'
import { openSearchPath, splitSearchPath } from '@sluice/sources'
import type { CommandContext } from '../command-context.ts'
import type { ChangelogOptions, ConnectionOptions } from './db-options.ts'
import { keepMemorySmall } from './keep-memory-small.ts'
import { countOf } from './report-text.ts'
import { selectionOf, withTarget } from './open-target.ts'

/** A database and what its changelog says. */
export interface Target {
  readonly database: Database
  readonly changelog: Changelog
}

/**
 * Opens the database, reads the changelog for it, runs `use` and closes the database whatever happens. All problems of the changelog are
 * printed; errors end the command before anything is touched. `findProblems` is what `use` would find by itself, for telling it at once.
 */
export async function withChangelog<T>(
  context: CommandContext,
  options: ConnectionOptions & ChangelogOptions,
  use: (target: Target) => Promise<T>,
  findProblems: FindProblems = findPlanProblems,
): Promise<T> {
  // Parameters and paths that cannot be read should not cost a connection.
  const parse = await createParser(options)
  // Before the server has answered, the URL tells which product it is; of most changelogs nothing depends on more than that.
  const expected = parseDatabaseUrl(options.url).url?.engine
  let early: ParseResult | undefined
  const parseEarly = (): void => {
    try {
      early ??= expected === undefined ? undefined : parse(expected)
    } catch {
      // It will be thrown again where it can be told.
    }
  }
  const look = async (target: Target): Promise<readonly Diagnostic[]> => {
    try {
      return await findProblems(target, options)
    } catch {
      // What is known already ends the command, and says why.
      return []
    }
  }
  const read = async (database: Database): Promise<T> => {
    const { name } = database.dialect
    const isKnown = early !== undefined && name === expected && !early.asksDatabase
    const result = isKnown && early !== undefined ? early : parse(name, await database.readFacts([]))
    const more = result.checkable === undefined ? [] : await look({ database, changelog: result.checkable })
    return use({
      database,
      changelog: acceptChangelog(context, options, { ...result, diagnostics: [...result.diagnostics, ...more] }),
    })
  }
  return withTarget(context, options, read, parseEarly)
}

/** Problems that show when a changelog meets its database. */
type FindProblems = (target: Target, options: ConnectionOptions & ChangelogOptions) => Promise<readonly Diagnostic[]>

const findPlanProblems: FindProblems = async (target, options) => {
  const { planUpdate } = await import('@sluice/engine')
  return (await planUpdate({ ...target, options: selectionOf(options) })).diagnostics
}

/** A function that parses the changelog that the options name for a product, with what a connection to it knows. */
async function createParser(
  options: ConnectionOptions & ChangelogOptions,
): Promise<(dbms: string, databaseFacts?: DatabaseFacts) => ParseResult> {
  const properties = readParameters(options)
  const { contexts, labels } = selectionOf(options)
  const tree = await openSearchPath(splitSearchPath(options.searchPath))
  return (dbms, databaseFacts) => {
    // Not before: while the server is asked there is time for it.
    keepMemorySmall()
    return parseChangelog(options.changelog, tree, {
      dbms,
      databaseFacts,
      properties,
      ...(contexts === undefined ? {} : { contexts }),
      ...(labels === undefined ? {} : { labelFilter: labels }),
    })
  }
}

function acceptChangelog(context: CommandContext, options: ChangelogOptions, { changelog, diagnostics }: ParseResult): Changelog {
  context.printer.diagnostics(diagnostics)
  if (changelog === undefined || hasErrors(diagnostics)) {
    const count = diagnostics.filter(({ severity }) => severity === 'error').length
    const message = `The changelog "${options.changelog}" has ${countOf(count, 'problem')}; nothing was changed.`
    // A path of this host is what a shell completes.
    const isOfHost = isAbsolute(options.changelog) && existsSync(options.changelog)
    const hint = `Paths start at the search path: --search-path ${dirname(options.changelog)} --changelog ${basename(options.changelog)}`
    throw new AppError('invalid', 'CHANGELOG_INVALID', message, isOfHost ? { hint } : {})
  }
  return changelog
}

function readParameters(options: ChangelogOptions): Record<string, string> {
  return Object.fromEntries(
    options.param.map((text): [string, string] => {
      const equals = text.indexOf('=')
      if (equals < 1) throw new AppError('invalid', 'PARAM_INVALID', `"--param ${text}" is not of the form name=value.`)
      return [text.slice(0, equals), text.slice(equals + 1)]
    }),
  )
}
