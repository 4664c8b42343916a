import { didYouMean } from '@sluice/base'
import { readLineAttributes } from './formatted-sql-lines.ts'
import type { PreconditionGroup, PreconditionTest, SourcePlace } from './model.ts'
import { preconditionOutcomes, sqlOutputChoices } from './read-preconditions.ts'
import { expandAt, type FileContext, type ParseSession } from './session.ts'

const groupKeys = ['onFail', 'onError', 'onSqlOutput', 'onUpdateSQL', 'onFailMessage', 'onErrorMessage']

/** Reads a `--preconditions` line; the conditions follow on lines of their own. */
export function readPreconditionsLine(session: ParseSession, rest: string, place: SourcePlace): PreconditionGroup {
  const values = new Map<string, string>()
  for (const { name, value } of readLineAttributes(rest).attributes) {
    const key = groupKeys.find((known) => known.toLowerCase() === name.toLowerCase())
    if (key !== undefined) values.set(key, value)
    else reportUnknownKey(session, place, name, groupKeys, '--preconditions')
  }
  const choice = <T extends string>(name: string, choices: readonly T[]): T | undefined => {
    const value = values.get(name)
    if (value === undefined) return undefined
    const found = choices.find((known) => known.toLowerCase() === value.toLowerCase())
    if (found === undefined) {
      session.reporter.error(
        place,
        'CHANGELOG_BAD_VALUE',
        `"${value}" is not a value of "${name}".`,
        `Use one of: ${choices.join(', ')}.`,
      )
    }
    return found
  }
  return {
    onFail: choice('onFail', preconditionOutcomes) ?? 'HALT',
    onError: choice('onError', preconditionOutcomes) ?? 'HALT',
    onSqlOutput: choice('onSqlOutput', sqlOutputChoices) ?? choice('onUpdateSQL', sqlOutputChoices) ?? 'IGNORE',
    onFailMessage: values.get('onFailMessage'),
    onErrorMessage: values.get('onErrorMessage'),
    conditions: [],
    place,
  }
}

/** Reads what follows `--precondition-`: `sql-check`, `table-exists` or `view-exists` with its arguments. */
export function readPreconditionLine(
  session: ParseSession,
  context: FileContext,
  rest: string,
  place: SourcePlace,
): PreconditionTest | undefined {
  const space = rest.search(/\s/)
  const name = (space === -1 ? rest : rest.slice(0, space)).toLowerCase()
  const text = space === -1 ? '' : expandAt(session, context, rest.slice(space + 1), place)
  if (name === 'sql-check') return readSqlCheck(session, text, place)
  if (name === 'table-exists') return readObjectCheck(session, text, place, 'table')
  if (name === 'view-exists') return readObjectCheck(session, text, place, 'view')
  const hint = 'Formatted SQL knows sql-check, table-exists and view-exists; use a YAML changelog for others.'
  session.reporter.error(
    place,
    'CHANGELOG_UNSUPPORTED_PRECONDITION',
    `The precondition "${name}" is not known in formatted SQL.`,
    hint,
  )
  return undefined
}

function readSqlCheck(session: ParseSession, text: string, place: SourcePlace): PreconditionTest | undefined {
  const match = /^\s*(?:expectedResult:)?(?:"([^"]*)"|'([^']*)'|(\S+))\s+(\S.*)$/is.exec(text)
  if (match === null) {
    const message = 'The precondition "sql-check" needs an expected result and a query.'
    session.reporter.error(
      place,
      'CHANGELOG_MISSING_FIELD',
      message,
      'Write "--precondition-sql-check expectedResult:0 SELECT count(*) FROM t".',
    )
    return undefined
  }
  const expectedResult = match[1] ?? match[2] ?? match[3] ?? ''
  return { type: 'test', name: 'sqlCheck', attributes: { expectedResult, sql: (match[4] ?? '').trim() }, place }
}

function readObjectCheck(
  session: ParseSession,
  text: string,
  place: SourcePlace,
  kind: 'table' | 'view',
): PreconditionTest | undefined {
  const known = [kind, 'schema']
  const attributes: Record<string, string> = {}
  for (const { name, value } of readLineAttributes(text).attributes) {
    const key = name.toLowerCase()
    if (key === kind) attributes[`${kind}Name`] = value
    else if (key === 'schema') attributes['schemaName'] = value
    else reportUnknownKey(session, place, name, known, `--precondition-${kind}-exists`)
  }
  if (attributes[`${kind}Name`] === undefined) {
    session.reporter.error(place, 'CHANGELOG_MISSING_FIELD', `The precondition "${kind}-exists" needs "${kind}:name".`)
    return undefined
  }
  return { type: 'test', name: kind === 'table' ? 'tableExists' : 'viewExists', attributes, place }
}

function reportUnknownKey(
  session: ParseSession,
  place: SourcePlace,
  name: string,
  known: readonly string[],
  owner: string,
): void {
  const nearest = didYouMean(name, known)
  const hint = nearest === undefined ? `Known are: ${known.join(', ')}.` : `Did you mean "${nearest}"?`
  session.reporter.error(place, 'CHANGELOG_UNKNOWN_FIELD', `"${name}" is not known in "${owner}".`, hint)
}
