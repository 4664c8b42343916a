import { AppError, toAppError } from '@sluice/base'
import { Command, CommanderError, Option } from 'commander'
import type { Act } from './act.ts'
import { createCommandContext } from './command-context.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { createPrinter, type OutputStreams } from './output/printer.ts'
import { cliVersion } from './version.ts'

/**
 * Runs one command line (without node and script) with the commands that are given, and returns its exit code. Everything it loads beyond
 * this, it loads when used.
 */
export async function runCommandLine(
  argv: readonly string[],
  addCommands: (program: Command, act: Act) => void,
  env: NodeJS.ProcessEnv,
  streams: OutputStreams,
): Promise<number> {
  const canceled = new AbortController()
  const onInterrupt = (): void => canceled.abort(new AppError('canceled', 'INTERRUPTED', 'Interrupted.'))
  process.once('SIGINT', onInterrupt)
  const program = new Command('sluice')
  const isJson = argv.includes('--json')
  let exitCode: number = exitCodes.ok
  const act: Act =
    (run) =>
    async (...args) => {
      const options = program.opts<{ json?: boolean; org?: string; project?: string }>()
      const context = createCommandContext({
        env,
        printer: createPrinter(options.json === true, streams),
        signal: canceled.signal,
        scope: {
          orgIdentifier: options.org ?? env['SLUICE_ORG'] ?? 'default',
          projectIdentifier: options.project ?? env['SLUICE_PROJECT'] ?? 'default',
        },
      })
      exitCode = (await run(context, ...args)) ?? exitCodes.ok
    }
  program
    .description('Database DevOps: schema changes from Git, through pipelines, to databases.')
    .version(`sluice ${cliVersion}`, '-V, --version')
    .option('--json', 'answer with JSON on stdout; errors are JSON on stderr')
    .option('--org <org>', 'organization (default: $SLUICE_ORG, else "default")')
    .option('--project <project>', 'project (default: $SLUICE_PROJECT, else "default")')
    .addOption(new Option('--debug', 'show stacks of errors'))
    .showHelpAfterError('(add --help for the options and examples)')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: streams.out, writeErr: isJson ? () => {} : streams.err })
    .addHelpText(
      'after',
      `
Examples:
  $ sluice login --url https://sluice.example.com      keep a server and an API key
  $ sluice apply -f entities/ --dry-run                show what would change
  $ sluice pipeline run deploy --follow                start a pipeline and watch it
  $ sluice db status --url jdbc:postgresql://localhost/shop --changelog db/changelog.yaml

Exit codes: 0 done, 1 failed, 2 wrong use or input, 3 a check found something, 4 not reachable, 5 outcome unknown, 130 cancelled.`,
    )
  addCommands(program, act)
  inherit(program)
  try {
    assertNoPassword(argv)
    await program.parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return exitCodes.ok
      if (isJson) createPrinter(true, streams).error(usageError(thrown), { debug: false })
      return exitCodes.usage
    }
    const error = toAppError(canceled.signal.aborted ? (canceled.signal.reason as unknown) : thrown)
    createPrinter(isJson, streams).error(error, { debug: argv.includes('--debug') })
    return exitCodeOf(error)
  } finally {
    process.off('SIGINT', onInterrupt)
  }
}

/** What the command line is found wrong for, as scripts read it. */
function usageError({ code, message }: CommanderError): AppError {
  const what = code === 'commander.help' ? 'A command is missing.' : message.replace(/^error: /, '')
  return new AppError('invalid', 'COMMAND_LINE_INVALID', what, { hint: 'Add --help for the options and examples.' })
}

/** Standard output and error of this process. */
export const processStreams: OutputStreams = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  width: () => (process.stderr.isTTY ? process.stderr.columns : undefined),
}

/** Global options may stand after a command as well; every command says so in its help. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command)
    if (child.commands.length === 0) {
      for (const option of command.parent === null ? command.options : rootOf(command).options) {
        if (option.long === '--version' || child.options.some((own) => own.long === option.long)) continue
        child.addOption(new Option(option.flags, option.description).hideHelp())
        child.on(`option:${option.name()}`, (value: unknown) =>
          rootOf(child).setOptionValue(option.attributeName(), value ?? true),
        )
      }
    }
    inherit(child)
  }
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent)
}

/** Everybody on the host sees a command line, and an unknown option is repeated in its error: a password must not get that far. */
function assertNoPassword(argv: readonly string[]): void {
  const inUrl = argv.some(
    (word) => /(?:postgres(?:ql)?|mysql|mariadb):/i.test(word) && /:\/\/[^/?@]*:[^/@]+@|[?&]password=./i.test(word),
  )
  if (!inUrl && !argv.some((word) => /^--?(?:password|passwd|pass|pwd)(?:=|$)/i.test(word))) return
  throw new AppError(
    'invalid',
    'PASSWORD_ON_COMMAND_LINE',
    'A password stands on the command line, where others on this host see it.',
    {
      hint: 'Give it as SLUICE_DB_PASSWORD, with --password-file, or leave it out and type it.',
    },
  )
}
