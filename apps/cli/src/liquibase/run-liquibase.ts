import { AppError, toAppError } from '@sluice/base'
import { noteKindOfWork } from '@sluice/code-cache'
import type { OutputStreams } from '../output/printer.ts'
import { cliVersion } from '../version.ts'
import { checkValue, parseCommandLine, type CommandLine } from './command-line.ts'
import type { FoundCommand } from './commands.ts'
import { readDefaultsFiles } from './defaults-file.ts'
import { globals } from './globals.ts'
import { handlerOf } from './handlers.ts'
import { renderHelp } from './help.ts'
import { toKebab } from './names.ts'
import { withSession } from './open-session.ts'
import { createOutput } from './output.ts'
import type { RunContext } from './run-context.ts'
import { createSettings, readSystemProperties, unknownKeys, unknownVariables, type Settings } from './settings.ts'

/** Liquibase's exit codes: everything that fails is 1, no command at all is 2. */
const exitCodes = { ok: 0, failed: 1, noCommand: 2, canceled: 130 } as const

const usage = "For detailed help, try 'sluice liquibase --help' or 'sluice liquibase <command-name> --help'"

/**
 * Runs a Liquibase command line (without the `liquibase` itself), so that a script works when `liquibase` becomes `sluice liquibase`. The
 * exit code and where output goes are Liquibase's; docs/liquibase.md lists what differs.
 */
export async function runLiquibase(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  streams: OutputStreams,
  signal: AbortSignal,
): Promise<number> {
  const fail = (message: string, hint?: string): number => {
    streams.err(`Error parsing command line: ${message}\n\n${usage}\n${hint === undefined ? '' : `\n${hint}\n`}`)
    return exitCodes.failed
  }
  const parsed = parseCommandLine(argv)
  if (!parsed.ok) return fail(parsed.error, parsed.hint)
  const { line } = parsed
  hidePasswords(line, argv, streams)
  if (line.wants === 'version') {
    streams.out(`Sluice ${cliVersion}, in place of Liquibase 4.28.0\n`)
    return exitCodes.ok
  }
  if (line.wants === 'help') {
    streams.out(renderHelp(line.command))
    return exitCodes.ok
  }
  if (line.command === undefined) {
    streams.err(`Missing required subcommand\n${renderHelp(undefined)}`)
    return exitCodes.noCommand
  }
  if (line.command.spec.missing !== undefined) return fail(line.command.spec.missing.why, line.command.spec.missing.hint)
  try {
    return await runCommand(line, line.command, env, streams, signal)
  } catch (thrown) {
    const error = toAppError(signal.aborted ? signal.reason : thrown)
    if (error.code === usageCode) return fail(error.message, error.hint)
    streams.err(`\nUnexpected error running Liquibase: ${error.message}\n`)
    if (error.hint !== undefined) streams.err(`${error.hint}\n`)
    streams.err(`(${error.code})\n\nFor more information, please use the --log-level flag\n`)
    if (error.kind === 'internal') streams.err(`${error.stack ?? ''}\n`)
    return error.kind === 'canceled' ? exitCodes.canceled : exitCodes.failed
  }
}

const usageCode = 'LIQUIBASE_USAGE'

async function runCommand(
  line: CommandLine,
  command: FoundCommand,
  env: NodeJS.ProcessEnv,
  streams: OutputStreams,
  signal: AbortSignal,
): Promise<number> {
  const { settings, files, missingFile } = readSettings(line, env)
  const shouldRun = settings.global('shouldRun')
  if (shouldRun?.toLowerCase() === 'false') {
    streams.out("Liquibase did not run because 'should-run' was set to false\n")
    return exitCodes.ok
  }
  const output = createOutput(streams, {
    outputFile: settings.global('outputFile'),
    logFile: settings.global('logFile'),
    logLevel: settings.global('logLevel'),
    lineSeparator: settings.global('outputLineSeparator'),
  })
  if (settings.global('showBanner')?.toLowerCase() !== 'false') streams.err(`Sluice ${cliVersion}, in place of Liquibase\n`)
  if (missingFile !== undefined) output.message(`Could not find defaults file ${missingFile}`)
  checkNames(settings, env, files, (text) => output.message(`WARNING: ${text}`))
  checkGlobals(settings)
  checkArguments(command, settings, (text) => output.message(`WARNING: ${text}`))
  const context: RunContext = {
    command,
    settings,
    output,
    signal,
    env,
    parameters: { ...parametersOf(files), ...Object.fromEntries(line.parameters) },
  }
  const handler = await handlerOf(command.spec.name)
  if (/^offline:/i.test(settings.argument('url') ?? '')) await (await import('./offline.ts')).runOffline(context)
  else if (handler.needs === 'target') await withSession(context, handler.run)
  else await handler.run(context)
  output.finish()
  noteKindOfWork(`liquibase ${command.spec.name}`)
  streams.err(`Liquibase command '${command.shownName}' was executed successfully.\n`)
  return exitCodes.ok
}

/** The defaults file is itself a setting, so what names it is looked up without it. */
function readSettings(
  line: CommandLine,
  env: NodeJS.ProcessEnv,
): { settings: Settings; files: readonly ReadonlyMap<string, string>[]; missingFile: string | undefined } {
  const systemProperties = readSystemProperties(env)
  const bare = createSettings(line, { env, systemProperties, defaultsFiles: [] })
  const folders = (bare.global('searchPath') ?? '').split(',').filter((entry) => entry !== '')
  const { files, missing } = readDefaultsFiles(bare.global('defaultsFile'), folders)
  return { settings: createSettings(line, { env, systemProperties, defaultsFiles: files }), files, missingFile: missing }
}

/** `parameter.name=value` of the defaults files are changelog parameters; the `.local` file wins. */
function parametersOf(files: readonly ReadonlyMap<string, string>[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const file of files.toReversed())
    for (const [key, value] of file) if (key.startsWith('parameter.')) found[key.slice('parameter.'.length)] = value
  return found
}

/** Names that mean nothing: errors with `strict`, else a warning about variables, as Liquibase has it. */
function checkNames(
  settings: Settings,
  env: NodeJS.ProcessEnv,
  files: readonly ReadonlyMap<string, string>[],
  warn: (text: string) => void,
): void {
  const isStrict = settings.global('strict')?.toLowerCase() === 'true'
  const variables = unknownVariables(env)
  const keys = isStrict ? files.flatMap((file) => unknownKeys(file.keys())) : []
  if (variables.length > 0 && !isStrict) warn(`These LIQUIBASE_* environment variables mean nothing: ${variables.join(', ')}`)
  const strange = isStrict ? [...variables, ...keys] : []
  if (strange.length > 0)
    throw new AppError('invalid', usageCode, `Strict check failed due to undefined key(s): ${strange.join(', ')}`, {
      hint: 'Correct them, or take `strict` out.',
    })
}

function checkGlobals(settings: Settings): void {
  for (const { key, type, effect, harmless, hint } of globals) {
    const value = settings.global(key)
    if (value === undefined) continue
    if (type === 'boolean') asUsage(() => checkValue(`--${toKebab(key)}`, type, value))
    if (effect === 'refused' && harmless?.test(value.trim()) !== true)
      throw new AppError('invalid', 'SETTING_UNSUPPORTED', `The setting "${toKebab(key)}" is not supported with this value.`, {
        ...(hint === undefined ? {} : { hint }),
      })
  }
}

function checkArguments({ spec }: FoundCommand, settings: Settings, warn: (text: string) => void): void {
  for (const { name, type, refused, ignored } of spec.arguments) {
    const value = settings.argument(name)
    if (value === undefined) continue
    asUsage(() => checkValue(`--${toKebab(name)}`, type, value))
    if (refused !== undefined)
      throw new AppError('invalid', 'SETTING_UNSUPPORTED', `--${toKebab(name)} is not supported.`, { hint: refused })
    if (ignored !== undefined) warn(`--${toKebab(name)} has no effect. ${ignored}`)
  }
  const missing = spec.required.filter((name) => settings.argument(name) === undefined)
  if (missing.length > 0) {
    const [first = ''] = missing
    throw new AppError('invalid', usageCode, `Invalid argument '--${toKebab(first)}': missing required argument`, {
      hint: `It can also be set in liquibase.properties, or as LIQUIBASE_COMMAND_${toKebab(first).replaceAll('-', '_').toUpperCase()}.`,
    })
  }
}

function asUsage(check: () => void): void {
  try {
    check()
  } catch (error) {
    throw new AppError('invalid', usageCode, (error as Error).message)
  }
}

/** What stands in argv is seen by everybody on the host; the title that replaces it is not the whole cure, so it is said. */
function hidePasswords(line: CommandLine, argv: readonly string[], streams: OutputStreams): void {
  const given = ['password', 'referencePassword'].some((name) => line.arguments.has(name))
  const inUrl = ['url', 'referenceUrl'].some((name) => /password=|:\/\/[^/@]*:[^/@]*@/i.test(line.arguments.get(name) ?? ''))
  if (!given && !inUrl) return
  if (argv.length > 0) process.title = 'sluice liquibase'
  streams.err(
    'WARNING: A password on the command line can be seen by others on this host. Set LIQUIBASE_COMMAND_PASSWORD (or LIQUIBASE_COMMAND_REFERENCE_PASSWORD) instead.\n',
  )
}
