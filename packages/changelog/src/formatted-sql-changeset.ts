import { didYouMean } from '@sluice/base'
import { changesetDefaults, checkContext, readLabels } from './changeset-defaults.ts'
import { readLineAttributes } from './formatted-sql-lines.ts'
import { javaBoolean } from './java-values.ts'
import type { Change, Changeset, PreconditionGroup, Rollback, SourcePlace } from './model.ts'
import { warnOddBoolean } from './read-attributes.ts'
import { combineRollback, rollbackSql, saysNothingToDo } from './read-rollback.ts'
import { expandAt, otherPathsOf, type FileContext, type ParseSession, type RollbackReference } from './session.ts'

const booleanKeys = [
  'stripComments',
  'splitStatements',
  'rollbackSplitStatements',
  'runOnChange',
  'runAlways',
  'runInTransaction',
  'failOnError',
  'ignore',
] as const
const textKeys = [
  'endDelimiter',
  'rollbackEndDelimiter',
  'context',
  'contextFilter',
  'labels',
  'dbms',
  'logicalFilePath',
] as const
const structuredKeys = ['onValidationFail', 'objectQuotingStrategy', 'runOrder', 'created', 'modifySql']
const keys = [...booleanKeys, ...textKeys]

/** The changeset line and the lines below it, collected until the next changeset starts. */
export interface DraftChangeset {
  readonly id: string
  readonly author: string
  readonly place: SourcePlace
  /** What follows the identity on the changeset line, and its 0-based column there. */
  readonly rest: string
  readonly restColumn: number
  readonly lines: string[]
  /** Place of the first line of SQL. */
  sqlPlace: SourcePlace | undefined
  readonly rollbackLines: string[]
  rollbackPlace: SourcePlace | undefined
  comment: string
  readonly validCheckSums: string[]
  preconditions: PreconditionGroup | undefined
}

/** Author and id, each in double quotes or not; undefined when the line is no changeset line after all. */
export function startChangeset(rest: string, line: string, place: SourcePlace): DraftChangeset | undefined {
  if (!/^\s/.test(rest)) return undefined
  const match = /^(?:"([^"]+)"|([^:]+)):\s*(?:"([^"]+)"|(\S+))(.*)$/s.exec(rest.trimStart())
  if (match === null) return undefined
  const [, quotedAuthor, author, quotedId, id, after = ''] = match
  return {
    author: (quotedAuthor ?? author ?? '').trim(),
    id: (quotedId ?? id ?? '').trim(),
    place,
    rest: after,
    restColumn: line.length - after.length,
    lines: [],
    sqlPlace: undefined,
    rollbackLines: [],
    rollbackPlace: undefined,
    comment: '',
    validCheckSums: [],
    preconditions: undefined,
  }
}

/** Makes the changeset of a draft; `isLast` because a final `/` line belongs to the file's last changeset in a way of its own. */
export function finishChangeset(session: ParseSession, context: FileContext, draft: DraftChangeset, isLast: boolean): Changeset {
  const values = readKeys(session, context, draft)
  const flag = (name: (typeof booleanKeys)[number], byDefault: boolean): boolean => {
    const value = values.get(name)
    if (value === undefined || value === '') return byDefault
    warnOddBoolean(session, name, value, draft.place)
    return javaBoolean(value) === 'true'
  }
  const text = (name: (typeof textKeys)[number]): string | undefined => {
    const value = values.get(name)
    return value === undefined || value === '' ? undefined : value
  }
  const sql = draft.lines.map((line) => `${line}\n`).join('')
  const place = draft.sqlPlace ?? draft.place
  const endDelimiter = text('endDelimiter')
  const trailingSlash = isLast && endDelimiter === undefined && /\n\/[ \t\r]*\s*$/.test(sql.slice(-1000))
  const change: Change = {
    type: 'sql',
    text: expandAt(session, context, sql, place).trim(),
    splitStatements: flag('splitStatements', true),
    stripComments: flag('stripComments', true),
    endDelimiter: trailingSlash ? '\\n/$' : endDelimiter,
    dbms: undefined,
    comment: undefined,
    place,
  }
  if (change.text === '') {
    const message = `The changeset "${draft.author}:${draft.id}" has no SQL.`
    session.reporter.error(draft.place, 'CHANGELOG_NO_SQL', message, 'Write its statements below the changeset line.')
  }
  const contextText = text('contextFilter') ?? text('context')
  checkContext(session, contextText, draft.place)
  const path = text('logicalFilePath') ?? context.path
  return {
    ...changesetDefaults,
    id: expandAt(session, context, draft.id, draft.place),
    author: expandAt(session, context, draft.author, draft.place),
    path,
    otherPaths: otherPathsOf(context, path),
    place: draft.place,
    format: 'formattedSql',
    changes: [change],
    rollback: finishRollback(session, context, draft, {
      splitStatements: flag('rollbackSplitStatements', true),
      endDelimiter: text('rollbackEndDelimiter'),
    }),
    context: contextText,
    inheritedContexts: context.contexts,
    labels: readLabels(text('labels')),
    inheritedLabels: context.labels,
    dbms: text('dbms'),
    runOnChange: flag('runOnChange', false),
    runAlways: flag('runAlways', false),
    failOnError: flag('failOnError', true),
    runInTransaction: flag('runInTransaction', true),
    ignore: context.ignore || flag('ignore', false),
    validCheckSums: draft.validCheckSums,
    comment: draft.comment,
    preconditions: draft.preconditions,
  }
}

/** Keys are found wherever they stand on the line; of several with one name the last counts. */
function readKeys(session: ParseSession, context: FileContext, draft: DraftChangeset): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  const { attributes, words } = readLineAttributes(draft.rest)
  for (const { name, value, at } of attributes) {
    const place = { ...draft.place, column: draft.restColumn + at + 1 }
    const key = keys.find((known) => known.toLowerCase() === name.toLowerCase())
    if (key !== undefined) {
      values.set(key, expandAt(session, context, value, place))
    } else reportKey(session, name, place)
  }
  for (const word of words) {
    const place = { ...draft.place, column: draft.restColumn + word.at + 1 }
    session.reporter.warn(
      place,
      'CHANGELOG_STRAY_TEXT',
      `"${word.name}" on the changeset line means nothing.`,
      'Attributes are written key:value.',
    )
  }
  return values
}

function reportKey(session: ParseSession, name: string, place: SourcePlace): void {
  if (/^runWith(SpoolFile)?$/i.test(name)) {
    const hint = 'Leave it out: the SQL runs over the database connection.'
    session.reporter.error(place, 'CHANGELOG_UNSUPPORTED_RUN_WITH', `"${name}" is not supported.`, hint)
    return
  }
  const nearest = didYouMean(name, keys)
  const structured = structuredKeys.find((known) => known.toLowerCase() === name.toLowerCase())
  const hint =
    structured === undefined
      ? nearest === undefined
        ? `Known are: ${keys.join(', ')}.`
        : `Did you mean "${nearest}"?`
      : 'It exists in YAML, JSON and XML changelogs only.'
  session.reporter.error(place, 'CHANGELOG_UNKNOWN_FIELD', `"${name}" is not known on a changeset line.`, hint)
}

function finishRollback(
  session: ParseSession,
  context: FileContext,
  draft: DraftChangeset,
  options: { readonly splitStatements: boolean; readonly endDelimiter: string | undefined },
): Rollback {
  const place = draft.rollbackPlace
  if (place === undefined) return { kind: 'none' }
  const text = draft.rollbackLines.join('\n')
  if (text.trim() === '' || saysNothingToDo(text)) return { kind: 'empty', place }
  if (!/\bchangesetId:/i.test(text)) {
    const change = rollbackSql(expandAt(session, context, text, place), { ...options, place })
    return { kind: 'changes', changes: [change], place }
  }
  const reference = readReference(session, context, text, place)
  return reference === undefined ? { kind: 'empty', place } : combineRollback(session, [], [reference], place)
}

function readReference(
  session: ParseSession,
  context: FileContext,
  text: string,
  place: SourcePlace,
): RollbackReference | undefined {
  const value = (name: string): string | undefined =>
    readLineAttributes(text).attributes.find((attribute) => attribute.name.toLowerCase() === name)?.value
  const id = value('changesetid')
  const author = value('changesetauthor')
  if (id === undefined || id === '' || author === undefined || author === '') {
    const message = 'A rollback that refers to another changeset needs "changesetId" and "changesetAuthor".'
    session.reporter.error(place, 'CHANGELOG_MISSING_FIELD', message)
    return undefined
  }
  return { id, author, path: value('changesetpath') ?? context.path, place, changes: [] }
}
