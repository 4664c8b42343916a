/** The databases on which cases really run. */
export const conformanceDatabases = ['postgresql', 'mariadb', 'sqlite'] as const
export type ConformanceDatabase = (typeof conformanceDatabases)[number]

/** A change as changelogs of YAML and JSON spell it: one key, the change's name. */
export type ChangeSource = Readonly<Record<string, unknown>>

/**
 * One feature of changesets: it runs with many others in one changelog. `$t` stands for a name of the case's own, with which all of
 * its objects begin; what is compared of schema and data is what begins with it.
 */
export interface ChangesetCase {
  readonly name: string
  /** Changes that make what the case works on, as a changeset of their own. */
  readonly given?: readonly ChangeSource[]
  readonly changes: readonly ChangeSource[]
  /** Other keys of the changeset: `preConditions`, `modifySql`, `rollback`, `dbms`, … */
  readonly changeset?: Readonly<Record<string, unknown>>
  /** Default: all. */
  readonly databases?: readonly ConformanceDatabase[]
  /** Files that the changes refer to. */
  readonly files?: Readonly<Record<string, string>>
}

/** Cases that run in one changelog of one format. */
export interface ChangesetArea {
  readonly area: string
  readonly kind: 'changesets'
  readonly format: 'yaml' | 'json' | 'xml'
  readonly cases: readonly ChangesetCase[]
}

/** What a scenario does next: a command with its flags, SQL for both databases, or other files from now on. */
export type ScenarioStep = string | { readonly sql: string } | { readonly files: Readonly<Record<string, string>> }

/** In the files of a step: this one goes away. */
export const removed = '<removed>'

/** One changelog with commands on a database of its own. */
export interface ScenarioCase {
  readonly name: string
  /** The root is `root.yaml`, or the first file. */
  readonly files: Readonly<Record<string, string>>
  readonly steps: readonly ScenarioStep[]
  readonly databases?: readonly ConformanceDatabase[]
}

export interface ScenarioArea {
  readonly area: string
  readonly kind: 'scenarios'
  readonly cases: readonly ScenarioCase[]
}

export type ConformanceArea = ChangesetArea | ScenarioArea

/** What is compared of one changeset case. */
export interface ChangesetAnswer {
  readonly outcome: 'done' | 'failed'
  /** SQL of update-sql, per changeset. Undefined where the command failed. */
  readonly sql: readonly string[] | undefined
  readonly rows: readonly string[]
  readonly schema: readonly string[]
}

/** What is compared after each step of a scenario. */
export interface StepAnswer {
  readonly exit: 'ok' | 'failed'
  /** The SQL of an `-sql` command, or the lines that a report is about. */
  readonly output: readonly string[]
  readonly rows: readonly string[]
}

export interface ScenarioAnswer {
  readonly steps: readonly StepAnswer[]
  readonly schema: readonly string[]
}

/** `area/name@database`: how the lists of differences and failures name one comparison. */
export function caseKey(area: string, name: string, database: ConformanceDatabase): string {
  return `${area}/${name}@${database}`
}
