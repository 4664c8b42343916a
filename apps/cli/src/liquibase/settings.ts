import type { ArgumentSpec } from './arguments.ts'
import type { CommandLine } from './command-line.ts'
import { commands } from './commands.ts'
import { globals } from './globals.ts'
import { toKebab, toSnake } from './names.ts'

/** A place that settings come from. Keys are given in order; the first that the place has counts. */
interface Source {
  find(keys: readonly string[]): string | undefined
}

/** Where settings come from apart from the command line. */
export interface SettingSources {
  readonly env: NodeJS.ProcessEnv
  /** `-Dkey=value` of JAVA_OPTS, where scripts put Java system properties. */
  readonly systemProperties: ReadonlyMap<string, string>
  /** The `.local.properties` first, then the file itself. */
  readonly defaultsFiles: readonly ReadonlyMap<string, string>[]
}

/** Every setting of one run, found where Liquibase finds it. */
export interface Settings {
  /** A global setting by its key in `globals`. */
  global(key: string): string | undefined
  /** An argument of the command by its camel-case name. */
  argument(name: string): string | undefined
  isTrue(name: string): boolean
}

/**
 * Looks settings up as Liquibase 4.28 does: command line; then, for the key of the command itself
 * (`liquibase.command.<command>.<name>`), system properties, environment, `.local` file, file; then the same for `liquibase.command.<name>`
 * and at last for the bare name in files. Empty values count as not given.
 */
export function createSettings(line: CommandLine, sources: SettingSources): Settings {
  const places: readonly Source[] = [
    fromMap(sources.systemProperties),
    fromEnvironment(sources.env),
    ...sources.defaultsFiles.map(fromMap),
  ]
  const files = sources.defaultsFiles.map(fromMap)
  const first = (from: readonly Source[], keys: readonly string[]): string | undefined => {
    for (const source of from) {
      const value = source.find(keys)
      if (value !== undefined) return value
    }
    return undefined
  }
  const command = line.command?.spec
  const settings: Settings = {
    global(key) {
      const spec = globals.find((one) => one.key === key)
      const given = line.globals.get(key)
      if (given !== undefined && given !== '') return given
      const keys = [key, ...(spec?.aliases ?? [])]
      return (
        first(
          places,
          keys.flatMap((one) => [`liquibase.${one}`, `liquibase.${toKebab(one)}`]),
        ) ??
        first(
          files,
          keys.flatMap((one) => [one, toKebab(one)]),
        )
      )
    },
    argument(name) {
      const given = line.arguments.get(name)
      if (given !== undefined && given !== '') return given
      const spec = command?.arguments.find((one) => one.name === name)
      const names = [name, ...(spec?.aliases ?? [])].flatMap((one) => [one, toKebab(one)])
      const prefixes = command === undefined ? [] : [command.name, toKebab(command.name)]
      return (
        first(
          places,
          names.flatMap((one) => prefixes.map((prefix) => `liquibase.command.${prefix}.${one}`)),
        ) ??
        first(
          places,
          names.map((one) => `liquibase.command.${one}`),
        ) ??
        first(files, names)
      )
    },
    isTrue(name) {
      return /^true$/i.test(settings.argument(name) ?? '')
    },
  }
  return settings
}

/** `-Dname=value` words of JAVA_OPTS, and of LIQUIBASE's own start script. */
export function readSystemProperties(env: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  const words = (env['JAVA_OPTS'] ?? '').match(/-D(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []
  return new Map(
    words.map((word): [string, string] => {
      const text = word.slice(2).replaceAll(/["']/g, '')
      const equals = text.indexOf('=')
      return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)]
    }),
  )
}

/** `LIQUIBASE_*` variables that mean nothing: an error with `strict`, a warning without. */
export function unknownVariables(env: NodeJS.ProcessEnv): readonly string[] {
  const known = new Set([
    'LIQUIBASE_HOME',
    'LIQUIBASE_VERSION',
    'LIQUIBASE_LAUNCHER_PARENT_CLASSLOADER',
    'LIQUIBASE_LAUNCHER_DEBUG',
  ])
  for (const { key, aliases } of globals) for (const one of [key, ...aliases]) known.add(`LIQUIBASE_${toSnake(one)}`)
  for (const { name, arguments: list } of commands)
    for (const spec of list)
      for (const one of [spec.name, ...spec.aliases]) {
        known.add(`LIQUIBASE_COMMAND_${toSnake(one)}`)
        known.add(`LIQUIBASE_COMMAND_${toSnake(name)}_${toSnake(one)}`)
      }
  return Object.keys(env)
    .filter((name) => /^LIQUIBASE_/i.test(name) && !known.has(name.toUpperCase()) && !/^LIQUIBASE_(?:PRO|HUB)_/i.test(name))
    .toSorted()
}

/** Keys of a defaults file that mean nothing to a command: an error with `strict`. */
export function unknownKeys(keys: Iterable<string>): readonly string[] {
  const known = new Set<string>()
  const add = (spec: Pick<ArgumentSpec, 'name' | 'aliases'>): void => {
    for (const one of [spec.name, ...spec.aliases]) known.add(foldKey(one))
  }
  for (const { arguments: list } of commands) for (const spec of list) add(spec)
  for (const { key, aliases } of globals) add({ name: key, aliases })
  return [...keys].filter(
    (key) =>
      !/^(?:liquibase\.)?parameter\./i.test(key) &&
      !/^liquibase\.command\./i.test(key) &&
      !known.has(foldKey(key.replace(/^liquibase\./i, ''))),
  )
}

function fromMap(values: ReadonlyMap<string, string>): Source {
  const folded = new Map<string, string>()
  for (const [key, value] of values) if (value.trim() !== '') folded.set(foldKey(key), value.trim())
  return { find: (keys) => firstOf(keys, (key) => folded.get(foldKey(key))) }
}

function fromEnvironment(env: NodeJS.ProcessEnv): Source {
  const folded = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) if (value !== undefined && value !== '') folded.set(foldKey(name), value)
  return { find: (keys) => firstOf(keys, (key) => folded.get(foldKey(toKebab(key)))) }
}

function firstOf(keys: readonly string[], look: (key: string) => string | undefined): string | undefined {
  for (const key of keys) {
    const value = look(key)
    if (value !== undefined) return value
  }
  return undefined
}

/** `LIQUIBASE_COMMAND_URL`, `liquibase.command.url` and `liquibase-command-url` are one key. */
function foldKey(key: string): string {
  return key.toLowerCase().replaceAll(/[._-]/g, '')
}
