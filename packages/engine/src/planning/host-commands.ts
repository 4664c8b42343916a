import type { Diagnostic } from '@sluice/base'
import type { ModelledChange } from '@sluice/changelog'
import type { HostCommand, PlannedStatement } from '../plan.ts'

/** What becomes of `executeCommand`: an error, a step of the plan, or (in scripts of SQL) a comment. */
export type CommandMode = 'refuse' | 'run' | 'show'

export interface ResolvedCommand {
  /** Undefined = it does not run here. */
  readonly statement: PlannedStatement | undefined
  readonly diagnostics: readonly Diagnostic[]
  /** What to tell when the changeset runs; undefined = nothing. */
  readonly message: string | undefined
}

const timeoutDefaultMs = 10 * 60_000
/** Longer waits do not fit into a timer. */
const timeoutMaxMs = 24 * 60 * 60_000
const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }

/**
 * An `executeCommand` as a step of the plan. Its text is a comment, so that it does nothing wherever it might be taken for SQL, and holds
 * the arguments one by one, so that digests tell commands apart.
 */
export function resolveCommand(change: ModelledChange, mode: CommandMode): ResolvedCommand {
  const executable = change.node.attributes['executable'] ?? ''
  if (mode !== 'show' && !runsOnThisSystem(change)) {
    const message = `The command "${executable}" is for ${change.node.attributes['os'] ?? ''}: not run on this host.`
    return { statement: undefined, diagnostics: [], message }
  }
  if (mode === 'refuse') return { statement: undefined, diagnostics: [commandRefused(change, executable)], message: undefined }
  const timeoutMs = readTimeoutMs(change.node.attributes['timeout'])
  if (timeoutMs === undefined) return { statement: undefined, diagnostics: [badTimeout(change)], message: undefined }
  const args = readArguments(change)
  const command: HostCommand = { executable, args, timeoutMs }
  const sql = `-- executeCommand ${JSON.stringify([executable, ...args])}`
  return { statement: { sql, place: change.place, command }, diagnostics: [], message: undefined }
}

/** How Liquibase's `update-sql` shows a command: as a comment, since a script of SQL cannot run it. */
export function commandComment({ executable, args }: HostCommand): string {
  return `${executable} ${args.join(' ')};`
}

/** `os` of executeCommand: a comma list of names as Java gives them (`Linux`, `Mac OS X`, `Windows 11`); none = everywhere. */
function runsOnThisSystem(change: ModelledChange): boolean {
  const wanted = (change.node.attributes['os'] ?? '').split(',').map((name) => name.trim().toLowerCase())
  const own = { linux: 'linux', darwin: 'mac os x', win32: 'windows' }[process.platform as string] ?? process.platform
  return wanted.every((name) => name === '') || wanted.some((name) => name !== '' && (own === name || name.startsWith(`${own} `)))
}

/** The `arg` children, directly or in a list `args`, wherever the format puts them. */
function readArguments({ node }: ModelledChange): readonly string[] {
  return node.children.flatMap((child) =>
    child.name === 'args'
      ? child.children.map((inner) => inner.attributes['value'] ?? '')
      : child.name === 'arg'
        ? [child.attributes['value'] ?? '']
        : [],
  )
}

/** Seconds, or a number with `s`, `m` or `h`, as Liquibase reads it; none and 0 are our own limit. */
function readTimeoutMs(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return timeoutDefaultMs
  const match = /^\s*(\d+)\s*([smh]?)\s*$/i.exec(text)
  if (match === null) return undefined
  const ms = Number(match[1]) * (unitsMs[(match[2] ?? '').toLowerCase()] ?? 1000)
  return ms === 0 ? timeoutDefaultMs : Math.min(ms, timeoutMaxMs)
}

function badTimeout(change: ModelledChange): Diagnostic {
  return {
    severity: 'error',
    code: 'CHANGE_BAD_VALUE',
    message: `The timeout "${change.node.attributes['timeout'] ?? ''}" of "executeCommand" is no time.`,
    ...change.place,
    hint: 'Write a number of seconds, or one with s, m or h.',
  }
}

/** A changelog comes from a repository, and a repository is not trusted with the host unless somebody says so. */
function commandRefused(change: ModelledChange, executable: string): Diagnostic {
  return {
    severity: 'error',
    code: 'CHANGE_COMMAND_REFUSED',
    message: `The change "executeCommand" would run "${executable}" on this host, which changelogs may not unless they are allowed to.`,
    ...change.place,
    hint:
      'Where the changelog is trusted with the host, allow it: --allow-commands on the command line, allowScripts in the policy of ' +
      'the delegate. Else run it as a step of its own in the pipeline, or limit it with os.',
  }
}
