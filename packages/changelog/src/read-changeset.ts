import { changesetDefaults, checkContext, readLabels } from './changeset-defaults.ts'
import type { Change, ChangelogFormat, Changeset, ObjectQuotingStrategy, PreconditionGroup } from './model.ts'
import { changeNames, isChangeName, readChange } from './read-change.ts'
import { AttributeReader, reportText, reportUnknown } from './read-attributes.ts'
import { readModifySql } from './read-modify-sql.ts'
import { readPreconditions } from './read-preconditions.ts'
import { readRollback } from './read-rollback.ts'
import type { Reporter } from './reporter.ts'
import { expandAt, otherPathsOf, type FileContext, type ParseSession } from './session.ts'
import { childrenNamed, listItemName, type SourceNode } from './source-node.ts'

export const quotingStrategies = ['LEGACY', 'QUOTE_ALL_OBJECTS', 'QUOTE_ONLY_RESERVED_WORDS'] as const

const attributes = [
  ...['id', 'author', 'context', 'contextFilter', 'labels', 'dbms', 'runOnChange', 'runAlways', 'alwaysRun', 'failOnError'],
  ...['onValidationFail', 'runInTransaction', 'logicalFilePath', 'objectQuotingStrategy', 'created', 'runOrder', 'ignore'],
  ...['runWith', 'runWithSpoolFile'],
]
const parts = ['changes', 'rollback', 'comment', 'preConditions', 'validCheckSum', 'validCheckSums', 'modifySql']

/** Reads a `changeSet` of a YAML, JSON or XML changelog; undefined when it has no identity. */
export function readChangeset(
  session: ParseSession,
  context: FileContext,
  node: SourceNode,
  defaults: { readonly format: ChangelogFormat; readonly quoting: ObjectQuotingStrategy },
): Changeset | undefined {
  reportText(session, node)
  const isPart = (child: SourceNode): boolean => parts.includes(child.name) || isChangeName(child.name)
  const own = { ...node, children: node.children.filter((child) => !isPart(child)) }
  const reader = new AttributeReader(session, context, own, {
    owner: 'changeSet',
    known: attributes,
    parts: [...parts, ...changeNames],
  })
  const id = reader.text('id')
  const author = reader.text('author')
  for (const [name, value] of Object.entries({ id, author })) {
    if (value !== undefined && value.trim() !== '') continue
    session.reporter.error(node.place, 'CHANGELOG_MISSING_FIELD', `The changeset needs "${name}".`)
  }
  if (reader.text('runWith') !== undefined) {
    const hint = 'Leave it out: the SQL runs over the database connection.'
    session.reporter.error(
      reader.place('runWith') ?? node.place,
      'CHANGELOG_UNSUPPORTED_RUN_WITH',
      '"runWith" is not supported.',
      hint,
    )
  }
  const onValidationFail = reader.choice('onValidationFail', ['HALT', 'MARK_RAN']) ?? changesetDefaults.onValidationFail
  const forgiving = onValidationFail === 'MARK_RAN' ? forgiveMissing(session.reporter) : undefined
  const changes = readChanges(forgiving === undefined ? session : { ...session, reporter: forgiving.reporter }, context, node)
  if (defaults.format === 'xml') checkXmlOrder(session, node)
  const contextText = reader.text('contextFilter') ?? reader.text('context')
  checkContext(session, contextText, reader.place('contextFilter') ?? reader.place('context') ?? node.place)
  const tagChange = changes.find((change) => change.type === 'modelled' && change.name === 'tagDatabase')
  const path = reader.text('logicalFilePath') ?? context.path
  const changeset: Changeset = {
    id: id ?? '',
    author: author ?? '',
    path,
    otherPaths: otherPathsOf(context, path),
    place: node.place,
    format: defaults.format,
    changes,
    rollback: readRollback(session, context, childrenNamed(node, 'rollback')),
    context: contextText,
    inheritedContexts: context.contexts,
    labels: readLabels(reader.text('labels')),
    inheritedLabels: context.labels,
    dbms: reader.text('dbms'),
    runOnChange: reader.boolean('runOnChange') ?? changesetDefaults.runOnChange,
    runAlways: reader.boolean('runAlways') ?? reader.boolean('alwaysRun') ?? changesetDefaults.runAlways,
    failOnError: reader.boolean('failOnError') ?? changesetDefaults.failOnError,
    runInTransaction: reader.boolean('runInTransaction') ?? changesetDefaults.runInTransaction,
    ignore: context.ignore || (reader.boolean('ignore') ?? false),
    runOrder: reader.choice('runOrder', ['first', 'last']),
    onValidationFail,
    ...(forgiving?.hasMissing() === true ? { isInvalid: true } : {}),
    validCheckSums: readValidCheckSums(session, context, node),
    comment: readComment(session, context, node),
    preconditions: readOwnPreconditions(session, context, node),
    objectQuotingStrategy: reader.choice('objectQuotingStrategy', quotingStrategies) ?? defaults.quoting,
    modifySql: childrenNamed(node, 'modifySql').flatMap((part) => readModifySql(session, context, part)),
    tag: tagChange?.type === 'modelled' ? tagChange.node.attributes['tag'] : undefined,
  }
  return id === undefined || author === undefined || id.trim() === '' || author.trim() === '' ? undefined : changeset
}

/** Tells of what changes lack by warnings: the changeset is recorded instead of being run, as in Liquibase. */
function forgiveMissing(reporter: Reporter): { readonly reporter: Reporter; readonly hasMissing: () => boolean } {
  let hasMissing = false
  return {
    hasMissing: () => hasMissing,
    reporter: {
      get diagnostics() {
        return reporter.diagnostics
      },
      get errorCount() {
        return reporter.errorCount
      },
      warn: (...report) => reporter.warn(...report),
      error: (place, code, message, hint) => {
        if (code !== 'CHANGELOG_MISSING_FIELD') return reporter.error(place, code, message, hint)
        hasMissing = true
        reporter.warn(place, code, `${message} As the changeset says, it is recorded and not run.`, hint)
      },
    },
  }
}

const xmlOrder = ['validCheckSum', 'preConditions', 'change', 'rollback', 'modifySql']

/** What the schema of XML changelogs (dbchangelog-4.28.xsd) demands of a changeset's parts, and Liquibase stops at. */
function checkXmlOrder(session: ParseSession, node: SourceNode): void {
  let reached = 0
  for (const child of node.children) {
    const rank = xmlOrder.indexOf(isChangeName(child.name) || child.name === 'comment' ? 'change' : child.name)
    if (rank === -1) continue
    if (rank < reached) {
      const message = `"${child.name}" stands too late in the changeset.`
      const hint = 'The order is: validCheckSum, preConditions, comment and changes, rollback, modifySql.'
      session.reporter.error(child.place, 'CHANGELOG_XML_ORDER', message, hint)
    }
    reached = Math.max(reached, rank)
  }
  const changes = node.children.filter((child) => isChangeName(child.name))
  const tag = changes.find((child) => child.name === 'tagDatabase')
  if (tag !== undefined && changes.length > 1) {
    const hint = 'Give it a changeset of its own.'
    session.reporter.error(
      tag.place,
      'CHANGELOG_TAG_NOT_ALONE',
      'In XML, "tagDatabase" has to be the only change of its changeset.',
      hint,
    )
  }
}

function readChanges(session: ParseSession, context: FileContext, node: SourceNode): readonly Change[] {
  const changes: Change[] = []
  for (const child of node.children) {
    if (child.name === 'changes') {
      reportText(session, child)
      for (const item of child.children) {
        if (item.name === listItemName) reportUnknown(session, item, '"changes"', changeNames)
        else changes.push(...toList(readChange(session, context, item)))
      }
    } else if (isChangeName(child.name)) {
      changes.push(...toList(readChange(session, context, child)))
    }
  }
  return changes
}

function toList<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value]
}

/** Several comments are one text. */
function readComment(session: ParseSession, context: FileContext, node: SourceNode): string {
  return childrenNamed(node, 'comment')
    .flatMap((child) => (child.text === undefined ? [] : [expandAt(session, context, child.text, child.place).trim()]))
    .join(' ')
}

function readOwnPreconditions(session: ParseSession, context: FileContext, node: SourceNode): PreconditionGroup | undefined {
  const [first, second] = childrenNamed(node, 'preConditions')
  if (second !== undefined) {
    session.reporter.error(second.place, 'CHANGELOG_TWICE', 'The changeset has preConditions twice.', 'Put all of them into one.')
  }
  return first === undefined ? undefined : readPreconditions(session, context, first)
}

function readValidCheckSums(session: ParseSession, context: FileContext, node: SourceNode): readonly string[] {
  const texts: string[] = []
  const visit = (child: SourceNode): void => {
    if (child.text !== undefined) texts.push(expandAt(session, context, child.text, child.place).trim())
    for (const item of child.children) visit(item)
  }
  for (const name of ['validCheckSum', 'validCheckSums']) for (const child of childrenNamed(node, name)) visit(child)
  return texts
}
