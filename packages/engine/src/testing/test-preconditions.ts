import type { Precondition, PreconditionGroup, PreconditionName } from '@sluice/changelog'

/** Where the preconditions of tests stand. */
export const place = { file: 'db.yaml', line: 3, column: 1 }

/** One precondition, as a changelog of tests has it. */
export function precondition(name: PreconditionName, attributes: Readonly<Record<string, string>>): Precondition {
  return { type: 'test', name, attributes, place }
}

/** Preconditions that belong together; a failing one skips the changeset unless said otherwise. */
export function group(conditions: readonly Precondition[], more: Partial<PreconditionGroup> = {}): PreconditionGroup {
  return {
    onFail: 'CONTINUE',
    onError: 'HALT',
    onSqlOutput: 'IGNORE',
    onFailMessage: undefined,
    onErrorMessage: undefined,
    conditions,
    place,
    ...more,
  }
}
