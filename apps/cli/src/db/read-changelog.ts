import { AppError, canonicalTarget, hasErrors } from '@sluice/base'
import { type Changelog, parseChangelog } from '@sluice/changelog'
import type { CommandContext } from '../command-context.ts'
import type { ChangelogOptions, ConnectionOptions } from './db-options.ts'
import { createFolderTree } from '@sluice/sources'

/** Parses the changelog that the options name. All problems are printed; errors end the command before anything is touched. */
export function readChangelog(context: CommandContext, options: ConnectionOptions & ChangelogOptions): Changelog {
  const properties = Object.fromEntries(
    options.param.map((text): [string, string] => {
      const equals = text.indexOf('=')
      if (equals < 1) throw new AppError('invalid', 'PARAM_INVALID', `"--param ${text}" is not of the form name=value.`)
      return [text.slice(0, equals), text.slice(equals + 1)]
    }),
  )
  const target = canonicalTarget(options.url)
  const dbms = target.slice(0, target.indexOf(':'))
  const { changelog, diagnostics } = parseChangelog(options.changelog, createFolderTree(options.searchPath), { dbms, properties })
  context.printer.diagnostics(diagnostics)
  if (changelog === undefined || hasErrors(diagnostics)) {
    const count = diagnostics.filter(({ severity }) => severity === 'error').length
    throw new AppError(
      'invalid',
      'CHANGELOG_INVALID',
      `The changelog "${options.changelog}" has ${String(count)} problem(s); nothing was changed.`,
    )
  }
  return changelog
}
