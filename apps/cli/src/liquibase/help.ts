import { commands, type FoundCommand } from './commands.ts'
import { globals } from './globals.ts'
import { toKebab, toSnake } from './names.ts'

/** The help of all commands, or of one. */
export function renderHelp(command: FoundCommand | undefined): string {
  return command === undefined ? renderOverview() : renderCommand(command)
}

function renderOverview(): string {
  const known = commands.filter(({ missing }) => missing === undefined)
  const width = Math.max(...known.map(({ name }) => toKebab(name).length))
  return `Usage: sluice liquibase [GLOBAL OPTIONS] [COMMAND] [COMMAND OPTIONS]
Command-specific help: "sluice liquibase <command-name> --help"

Runs Liquibase's command lines with Sluice's engine, on the same changelog and the same history tables.

Global options
${globals
  .filter(({ effect }) => effect === 'used')
  .map(({ key }) => `  --${toKebab(key)}=PARAM  (LIQUIBASE_${toSnake(key)})`)
  .join('\n')}
  Others of Liquibase's are taken too; those that would change what is done are refused.

Commands
${known.map(({ name, summary }) => `  ${toKebab(name).padEnd(width)}  ${summary}`).join('\n')}

Settings come from the command line, JAVA_OPTS (-Dliquibase.…), LIQUIBASE_* variables, liquibase.local.properties and
liquibase.properties, the first of them first. docs/liquibase.md says what differs from Liquibase.
`
}

function renderCommand({ spec }: FoundCommand): string {
  if (spec.missing !== undefined) return `${spec.missing.why}\n${spec.missing.hint}\n`
  const lines = spec.arguments
    .filter(({ name, refused }) => name !== 'changelogParameters' && refused === undefined)
    .map(
      ({ name, type }) =>
        `  --${toKebab(name)}${type === 'flag' ? '[=true|false]' : '=PARAM'}${spec.required.includes(name) ? '  [REQUIRED]' : ''}  (LIQUIBASE_COMMAND_${toSnake(name)})`,
    )
  return `Usage: sluice liquibase ${toKebab(spec.name)} [OPTIONS]${spec.positional === undefined ? '' : ` [${spec.positional}]`}
${spec.summary}

${lines.join('\n')}
  -D<name>=<value>  a changelog parameter
`
}
