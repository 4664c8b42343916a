import type { Alteration, PropertyValue, SnapshotObject } from '@sluice/engine'

/** Statements that lead from one object to another, in one direction. */
export interface Step {
  readonly statements: readonly string[]
  readonly losesData?: string | undefined
  readonly recreatesDependents?: Alteration['recreatesDependents']
  readonly unexpressed?: readonly string[] | undefined
}

export type StepPlan = Step | 'recreate'

/** One direction of a change, with the properties that differ. */
export interface Change {
  readonly from: SnapshotObject
  readonly to: SnapshotObject
  readonly has: (...properties: readonly string[]) => boolean
}

/** `ALTER TABLE x` of a part's own statements. */
export function alterTarget({ create, drop }: SnapshotObject): string {
  const text = [...create, ...drop].find((statement) => statement.startsWith('ALTER TABLE ')) ?? ''
  return /^ALTER TABLE (?:ONLY )?(?:(?:"(?:[^"]|"")*"|[^\s".]+)\.)?(?:"(?:[^"]|"")*"|[^\s".]+)/.exec(text)?.[0] ?? ''
}

/** COMMENT statements that make the comments of one object those of another. */
export function comments(from: SnapshotObject, to: SnapshotObject): string[] {
  const before = commentsOf(from)
  return [
    ...[...commentsOf(to)].filter(([target, text]) => before.get(target) !== text).map(([, text]) => text),
    ...commentRemovals(from, to),
  ]
}

export function commentRemovals(from: SnapshotObject, to: SnapshotObject): string[] {
  const after = commentsOf(to)
  return [...commentsOf(from).keys()].filter((target) => !after.has(target)).map((target) => `${target} IS NULL`)
}

function commentsOf({ create }: SnapshotObject): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const statement of create) {
    const match = /^(COMMENT ON (?:"(?:[^"]|"")*"|[^"])*?) IS E?'/s.exec(statement)
    if (match?.[1] !== undefined) found.set(match[1], statement)
  }
  return found
}

export function texts(value: PropertyValue | undefined): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : []
}
