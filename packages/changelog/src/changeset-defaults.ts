import { expressionNames, parseExpression } from './expression.ts'
import type { Changeset, SourcePlace } from './model.ts'
import type { FileContext, ParseSession } from './session.ts'

/** What a changeset is when nobody says otherwise. */
export const changesetDefaults = {
  changes: [],
  rollback: { kind: 'none' },
  context: undefined,
  labels: [],
  dbms: undefined,
  runOnChange: false,
  runAlways: false,
  failOnError: true,
  runInTransaction: true,
  runOrder: undefined,
  onValidationFail: 'HALT',
  validCheckSums: [],
  comment: '',
  preconditions: undefined,
  objectQuotingStrategy: 'LEGACY',
  modifySql: [],
  tag: undefined,
} as const satisfies Partial<Changeset>

/** Labels as the LABELS column has them: split at commas, trimmed, lower case. */
export function readLabels(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((label) => label.trim().toLowerCase())
    .filter((label) => label !== '')
}

/** Reports a context expression that cannot be read. */
export function checkContext(session: ParseSession, context: string | undefined, place: SourcePlace): void {
  const parsed = parseExpression(context ?? '')
  if (!('problem' in parsed)) {
    const odd = expressionNames(parsed.expression).find((name) => name.includes(' '))
    if (odd === undefined) return
    const warning = `The context expression "${context}" has a name with a blank: "${odd}".`
    session.reporter.warn(place, 'CHANGELOG_ODD_CONTEXT', warning, 'Join names by "and", "or" or commas.')
    return
  }
  const message = `The context expression "${context}" cannot be read: ${parsed.problem}`
  session.reporter.error(place, 'CHANGELOG_BAD_CONTEXT', message, 'Names are joined by "and", "or" and commas, negated by "!".')
}

/** What a file hands down: `inherited` and `own` of one include or root, nearest first. */
export function inherit(
  context: FileContext,
  own: { readonly context: string | undefined; readonly labels: string | undefined },
): FileContext {
  const labels = readLabels(own.labels)
  return {
    ...context,
    contexts: own.context === undefined || own.context.trim() === '' ? context.contexts : [own.context, ...context.contexts],
    labels: labels.length === 0 ? context.labels : [labels, ...context.labels],
  }
}
