import { didYouMean } from '@sluice/base'
import { legacyGlobalArguments, type ArgumentSpec } from './arguments.ts'
import { commandNames, commands, findCommand, type FoundCommand } from './commands.ts'
import { globals, type GlobalSpec } from './globals.ts'
import { fold, toKebab } from './names.ts'

/** What stands on a command line, before any other source of settings is read. */
export interface CommandLine {
  readonly command: FoundCommand | undefined
  /** By key, as in `globals`. */
  readonly globals: ReadonlyMap<string, string>
  /** By camel-case name; what stands behind the command wins over what stands in front of it. */
  readonly arguments: ReadonlyMap<string, string>
  /** Changelog parameters: `-Dname=value`. */
  readonly parameters: ReadonlyMap<string, string>
  readonly wants: 'run' | 'help' | 'version'
}

export type ParsedCommandLine =
  | { readonly ok: true; readonly line: CommandLine }
  /** `error`: a sentence for people; `hint`: what to do. */
  | { readonly ok: false; readonly error: string; readonly hint: string | undefined }

type Target = { readonly kind: 'global'; readonly spec: GlobalSpec } | { readonly kind: 'argument'; readonly spec: ArgumentSpec }

class UsageError extends Error {
  readonly hint: string | undefined
  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

/** Everything that can follow `--`, folded; arguments of all commands, since they may stand in front of the command. */
const globalFlags = new Map<string, GlobalSpec>(
  globals.flatMap((spec) =>
    [spec.key, ...spec.aliases].flatMap((key): [string, GlobalSpec][] => {
      const camel = fold(key.replaceAll('.', ''))
      return [
        [fold(toKebab(key)), spec],
        [`liquibase-${fold(toKebab(key))}`, spec],
        [camel, spec],
        [`liquibase${camel}`, spec],
      ]
    }),
  ),
)
const argumentFlags = new Map<string, ArgumentSpec>(
  commands.flatMap(({ arguments: list }) =>
    list.flatMap((spec) =>
      [spec.name, ...spec.aliases].flatMap((name): [string, ArgumentSpec][] => [
        [fold(toKebab(name)), spec],
        [fold(name), spec],
      ]),
    ),
  ),
)

/**
 * Reads Liquibase's command line: global flags and the command's own, in front of the command or behind it, as `--flag=value` or
 * `--flag value`, in kebab or camel case, in any case of letters. Values are never repeated in messages but for words of the language.
 */
export function parseCommandLine(argv: readonly string[]): ParsedCommandLine {
  try {
    return { ok: true, line: read(argv) }
  } catch (error) {
    if (error instanceof UsageError) return { ok: false, error: error.message, hint: error.hint }
    throw error
  }
}

function read(argv: readonly string[]): CommandLine {
  const found = {
    globals: new Map<string, string>(),
    before: new Map<string, string>(),
    behind: new Map<string, string>(),
    parameters: new Map<string, string>(),
  }
  const globalSides = new Map<string, Set<string>>()
  let command: FoundCommand | undefined
  let positional: string | undefined
  let wants: CommandLine['wants'] = 'run'
  const words = [...argv]
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--help' || word === '-h') {
      wants = 'help'
      continue
    }
    if ((word === '--version' || word === '-v') && command === undefined) {
      wants = 'version'
      continue
    }
    if (word.startsWith('-D')) {
      const [name, value] = splitPair(word.slice(2))
      if (name === '') throw new UsageError('-D needs a name and a value.', 'Write it like -Dname=value.')
      found.parameters.set(name, value)
      continue
    }
    if (word.startsWith('--')) {
      readFlag(word, words, command, found, globalSides)
      continue
    }
    if (command === undefined) {
      command = findCommand(word) ?? unknownCommand(word)
      continue
    }
    if (command.spec.missing !== undefined) continue
    if (command.spec.positional === undefined || positional !== undefined) throw new UsageError(`Unexpected argument(s): ${word}`)
    positional = word
  }
  if (command !== undefined && positional !== undefined && command.spec.positional !== undefined)
    found.behind.set(command.spec.positional, positional)
  const given = new Map([...found.before, ...found.behind])
  if (command !== undefined) checkKnown(command, given)
  readParameterList(given, found.parameters)
  return { command, globals: found.globals, arguments: given, parameters: found.parameters, wants }
}

function readFlag(
  word: string,
  rest: string[],
  command: FoundCommand | undefined,
  found: { globals: Map<string, string>; before: Map<string, string>; behind: Map<string, string> },
  globalSides: Map<string, Set<string>>,
): void {
  const equals = word.indexOf('=')
  const flag = equals < 0 ? word : word.slice(0, equals)
  const target = findFlag(flag.slice(2), command)
  if (target === undefined) {
    if (command?.spec.missing !== undefined) return
    throw unknownFlag(flag, command)
  }
  const value = equals < 0 ? takeValue(flag, target, rest) : word.slice(equals + 1)
  checkValue(flag, target.spec.type, value)
  if (target.kind === 'argument') {
    const into = command === undefined ? found.before : found.behind
    if (into.has(target.spec.name)) throw twice(flag)
    into.set(target.spec.name, value)
    return
  }
  const side = command === undefined ? 'before' : 'behind'
  const sides = globalSides.get(target.spec.key) ?? new Set()
  if (sides.has(side)) throw twice(flag)
  globalSides.set(target.spec.key, sides.add(side))
  found.globals.set(target.spec.key, value)
}

/** An argument of the command itself wins over a global of the same name (`driver`). */
function findFlag(name: string, command: FoundCommand | undefined): Target | undefined {
  const folded = fold(name)
  const argument = argumentFlags.get(folded)
  const global = globalFlags.get(folded)
  const takes = argument !== undefined && command?.spec.arguments.some((one) => one.name === argument.name) === true
  if (argument !== undefined && (takes || global === undefined)) return { kind: 'argument', spec: argument }
  return global === undefined ? undefined : { kind: 'global', spec: global }
}

function takeValue(flag: string, target: Target, rest: string[]): string {
  const [next] = rest
  if (target.spec.type === 'flag') {
    if (next === undefined || !/^(?:true|false)$/i.test(next)) return 'true'
    rest.shift()
    return next
  }
  if (next === undefined) throw new UsageError(`Missing required parameter for option '${flag}'`)
  if (next.startsWith('--') || findCommand(next) !== undefined)
    throw new UsageError(`Expected parameter for option '${flag}' but found '${next.split('=')[0] ?? ''}'`)
  rest.shift()
  return next
}

/** Throws for a value of the wrong kind, wherever it was given. */
export function checkValue(flag: string, type: ArgumentSpec['type'] | GlobalSpec['type'], value: string): void {
  if ((type === 'flag' || type === 'boolean') && !/^(?:true|false)$/i.test(value))
    throw new UsageError(`The value of '${flag}' is neither 'true' nor 'false'.`)
  if (type === 'count' && !/^-?\d{1,9}$/.test(value.trim())) throw new UsageError(`The value of '${flag}' is not a whole number.`)
}

/** Liquibase 3 took these in front of any command; others have to be the command's own. */
function checkKnown(command: FoundCommand, given: ReadonlyMap<string, string>): void {
  if (command.spec.missing !== undefined) return
  const own = new Set(command.spec.arguments.map(({ name }) => name))
  const strange = [...given.keys()].filter((name) => !own.has(name) && !legacyGlobalArguments.has(name))
  if (strange.length > 0) throw unknownFlag(`--${toKebab(strange[0] ?? '')}`, command)
}

function readParameterList(given: ReadonlyMap<string, string>, parameters: Map<string, string>): void {
  for (const pair of (given.get('changelogParameters') ?? '').split(',')) {
    if (pair.trim() === '') continue
    const [name, value] = splitPair(pair)
    if (name.trim() === '' || !pair.includes('='))
      throw new UsageError(`'--changelog-parameters' is not of the form name=value,name=value.`)
    if (!parameters.has(name.trim())) parameters.set(name.trim(), value)
  }
}

function splitPair(text: string): [string, string] {
  const equals = text.indexOf('=')
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)]
}

function unknownCommand(word: string): never {
  const near = didYouMean(word, commandNames)
  throw new UsageError(`Unexpected argument(s): ${word}`, near === undefined ? undefined : `Did you mean: liquibase ${near}?`)
}

function unknownFlag(flag: string, command: FoundCommand | undefined): UsageError {
  const own = (command === undefined ? commands : [command.spec]).flatMap((spec) =>
    spec.arguments.map(({ name }) => toKebab(name)),
  )
  const near = didYouMean(flag.slice(2), [...own, ...globals.map(({ key }) => toKebab(key))])
  return new UsageError(`Unexpected argument(s): ${flag}`, near === undefined ? undefined : `Did you mean: --${near}?`)
}

function twice(flag: string): UsageError {
  return new UsageError(`option '${flag}' should be specified only once`)
}
