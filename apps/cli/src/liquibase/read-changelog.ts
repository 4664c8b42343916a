import { existsSync } from 'node:fs'
import { homedir, platform, tmpdir, userInfo } from 'node:os'
import { AppError, hasErrors } from '@sluice/base'
import { normalizePath, parseChangelog, type Changelog, type DatabaseFacts, type FileTree } from '@sluice/changelog'
import { openSearchPath, splitSearchPath, type DuplicateFileMode } from '@sluice/sources'
import { keepMemorySmall } from '../db/keep-memory-small.ts'
import type { RunContext } from './run-context.ts'
import { readSystemProperties } from './settings.ts'

/** Parses the changelog that the settings name, for one product (`dbms`) and what its server says. Problems are printed, errors end the command. */
export async function readChangelog(context: RunContext, dbms: string, databaseFacts: DatabaseFacts): Promise<Changelog> {
  const { settings, output, parameters } = context
  const file = settings.argument('changelogFile') ?? ''
  const tree = await openFiles(context)
  readSearched(context, tree, file)
  const contexts = settings.argument('contextFilter')
  const labelFilter = settings.argument('labelFilter')
  keepMemorySmall()
  const { changelog, diagnostics } = parseChangelog(file, tree, {
    dbms,
    databaseFacts,
    properties: parameters,
    environment: environmentOf(context.env),
    missingProperty: missingPropertyOf(settings.global('missingPropertyMode')),
    ...(contexts === undefined ? {} : { contexts: contexts.split(',').map((name) => name.trim()) }),
    ...(labelFilter === undefined ? {} : { labelFilter }),
  })
  output.diagnostics(diagnostics)
  if (changelog === undefined || hasErrors(diagnostics)) {
    const count = diagnostics.filter(({ severity }) => severity === 'error').length
    throw new AppError(
      'invalid',
      'CHANGELOG_INVALID',
      `The changelog ${file} has ${String(count)} problem(s); nothing was changed.`,
    )
  }
  return changelog
}

/** The files of the search path: `--search-path`, else the current folder and `--classpath`. */
export function openFiles({ settings, output }: RunContext): Promise<FileTree> {
  const duplicates = (settings.global('duplicateFileMode') ?? 'error').toLowerCase()
  const mode: DuplicateFileMode = duplicates === 'error' ? 'error' : duplicates === 'warn' ? 'warn' : 'silent'
  return openSearchPath(searchEntries(settings), {
    duplicates: mode,
    missing: 'warn',
    // Whoever runs this here may read this host's files anyway.
    links: 'follow',
    onWarning: (message) => output.message(`WARNING: ${message}`),
  })
}

/** A file of the search path. Throws `CHANGELOG_FILE_MISSING` in Liquibase's words, with the places that were searched. */
export function readSearched({ settings }: RunContext, tree: FileTree, file: string): Uint8Array {
  const bytes = tree.readFile(normalizePath(file))
  if (bytes !== undefined) return bytes
  const places = searchEntries(settings).map((entry) => `    - ${entry === '.' ? process.cwd() : entry}`)
  throw new AppError(
    'notFound',
    'CHANGELOG_FILE_MISSING',
    `The file ${file} was not found in the configured search path:\n${places.join('\n')}`,
    { hint: "More locations can be added with the 'searchPath' parameter." },
  )
}

function searchEntries(settings: RunContext['settings']): readonly string[] {
  const searchPath = settings.global('searchPath')
  if (searchPath !== undefined) return splitSearchPath(searchPath)
  const classpath = (settings.global('classpath') ?? '').split(/[:,;]/).map((entry) => entry.trim())
  return ['.', ...classpath.filter((entry) => entry !== '' && existsSync(entry))]
}

/**
 * What `${name}` in a changelog sees beside its properties: environment variables, then Java's system properties. Passwords and our own
 * settings are left out.
 */
function environmentOf(env: NodeJS.ProcessEnv): Record<string, string> {
  const system = {
    'user.name': userInfo().username,
    'user.home': homedir(),
    'user.dir': process.cwd(),
    'os.name': platform() === 'darwin' ? 'Mac OS X' : platform() === 'win32' ? 'Windows' : 'Linux',
    'file.separator': '/',
    'path.separator': ':',
    'java.io.tmpdir': tmpdir(),
  }
  const own = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !/PASSWORD|PASSWD|SECRET|TOKEN|^SLUICE_/i.test(entry[0]),
  )
  return { ...system, ...Object.fromEntries(readSystemProperties(env)), ...Object.fromEntries(own) }
}

function missingPropertyOf(mode: string | undefined): 'preserve' | 'empty' | 'error' {
  const wanted = (mode ?? 'preserve').toLowerCase()
  if (wanted === 'preserve' || wanted === 'empty' || wanted === 'error') return wanted
  throw new AppError('invalid', 'SETTING_INVALID', `missing-property-mode is "${wanted}".`, {
    hint: 'Use PRESERVE, EMPTY or ERROR.',
  })
}
