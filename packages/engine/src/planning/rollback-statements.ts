import type { Diagnostic } from '@sluice/base'
import type { Change, Changeset } from '@sluice/changelog'
import { formatChangesetKey } from '../changeset-key.ts'
import type { PlannedRollback } from '../rollback-plan.ts'
import { inverseOf } from './inverse.ts'
import { resolveStatements } from './statements.ts'
import type { StatementContext } from './statements.ts'

export interface ResolvedRollback {
  readonly source: PlannedRollback['source']
  readonly statements: PlannedRollback['statements']
  /** With an error there is no way to undo the changeset. */
  readonly diagnostics: readonly Diagnostic[]
}

/** How a changeset is undone: as its author wrote it, else by the inverses of its changes, last change first. */
export function resolveRollback(changeset: Changeset, context: StatementContext): ResolvedRollback {
  const { rollback } = changeset
  if (rollback.kind === 'empty') return { source: 'none', statements: [], diagnostics: [] }
  if (rollback.kind !== 'none') {
    const { statements, diagnostics } = resolveStatements(changeset, rollback.changes, context, true)
    return { source: 'custom', statements, diagnostics }
  }
  const inverses: Change[] = []
  const diagnostics: Diagnostic[] = []
  for (const change of changeset.changes.toReversed()) {
    const inverse = inverseOf(change, context.dialect.name)
    if (inverse === undefined) diagnostics.push(noInverse(changeset, change))
    else inverses.push(...inverse)
  }
  if (diagnostics.length > 0) return { source: 'generated', statements: [], diagnostics }
  const resolved = resolveStatements(changeset, inverses, context, true)
  return { source: 'generated', statements: resolved.statements, diagnostics: resolved.diagnostics }
}

/**
 * What the side table keeps of a rollback; undefined = nothing that could be run later. Commands of the host are never taken from a
 * database: whoever may write there could have them run.
 */
export function keptRollback({ statements, diagnostics }: ResolvedRollback): readonly string[] | undefined {
  if (diagnostics.length > 0 || statements.some(({ command }) => command !== undefined)) return undefined
  return statements.map(({ sql }) => sql)
}

function noInverse(changeset: Changeset, change: Change): Diagnostic {
  const name = change.type === 'modelled' ? change.name : change.type
  return {
    severity: 'error',
    code: 'ROLLBACK_IMPOSSIBLE',
    message: `The changeset "${formatChangesetKey(changeset)}" has no rollback, and "${name}" has no inverse.`,
    file: change.place.file,
    line: change.place.line,
    column: change.place.column,
    hint: 'Write a rollback for it; "empty" where there is nothing to undo.',
  }
}
