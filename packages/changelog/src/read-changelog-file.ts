import { changesetDefaults, checkContext, inherit } from './changeset-defaults.ts'
import { headerLogicalPath, readFormattedSql } from './formatted-sql.ts'
import { isFormattedSqlHeader } from './formatted-sql-lines.ts'
import { readIncludeAll } from './include-all.ts'
import type { ChangelogFormat, Changeset, ObjectQuotingStrategy, SourcePlace } from './model.ts'
import { leavesTree, normalizePath, resolveRelative } from './paths.ts'
import { openScope } from './properties.ts'
import { AttributeReader, reportText, reportUnknown } from './read-attributes.ts'
import { quotingStrategies, readChangeset } from './read-changeset.ts'
import { readPreconditions } from './read-preconditions.ts'
import { readProperty } from './read-property.ts'
import { expandAt, noteBroken, otherPathsOf, type FileContext, type ParseSession } from './session.ts'
import type { SourceNode } from './source-node.ts'
import { changelogLimits, readTextFile } from './text-file.ts'
import { readXmlSource } from './xml-source.ts'
import { readYamlSource } from './yaml-source.ts'

/** The formats by extension; `.sql` is decided by its first line. */
export function isChangelogFile(path: string): boolean {
  return /\.(?:sql|ya?ml|json|xml)$/i.test(path)
}

/** Reads one changelog file and what it includes. `from` is the place that refers to it. */
export function readChangelogFile(session: ParseSession, context: FileContext, from: SourcePlace | string = context.file): void {
  const chain = [...context.chain, context.file]
  if (context.chain.includes(context.file)) {
    const cycle = chain.slice(context.chain.indexOf(context.file)).join(' → ')
    session.reporter.error(from, 'CHANGELOG_CYCLE', `The changelog includes itself: ${cycle}.`, 'Remove one of these includes.')
    return
  }
  if (chain.length > changelogLimits.includeDepthMax) {
    session.reporter.error(from, 'CHANGELOG_TOO_DEEP', `More than ${changelogLimits.includeDepthMax} files include each other.`)
    return
  }
  if (session.files.size >= changelogLimits.filesMax || session.changesets.length > changelogLimits.changesetsMax) {
    session.reporter.error(
      from,
      'CHANGELOG_TOO_LARGE',
      'The changelog has too many files or changesets.',
      'Squash old changesets.',
    )
    return
  }
  if (!isChangelogFile(context.file)) {
    const message = `The file "${context.file}" is no changelog.`
    session.reporter.error(from, 'CHANGELOG_FORMAT', message, 'Changelogs end in .sql, .yaml, .yml, .json or .xml.')
    return
  }
  const isSql = /\.sql$/i.test(context.file)
  const bytesMax = isSql ? changelogLimits.textBytesMax : changelogLimits.documentBytesMax
  const text = readTextFile(session.tree, context.file, { reporter: session.reporter, from, bytesMax })
  if (text === undefined) return
  session.files.add(context.file)
  const inner: FileContext = { ...context, chain, scope: openScope(context.scope) }
  if (isSql) readSqlFile(session, inner, text)
  else readDocument(session, inner, text)
}

function readSqlFile(session: ParseSession, context: FileContext, text: string): void {
  const firstLine = /^\s*[^\r\n]*/.exec(text)?.[0] ?? ''
  if (isFormattedSqlHeader(firstLine)) {
    const path = headerLogicalPath(text) ?? context.path
    session.changesets.push(...readFormattedSql(session, { ...context, path }, text))
  } else session.changesets.push(rawChangeset(session, context, text))
}

/** A SQL file without a header is one changeset, named the way Liquibase names it. */
function rawChangeset(session: ParseSession, context: FileContext, text: string): Changeset {
  const place = { file: context.file, line: 1, column: 1 }
  if (text.trim() === '') {
    session.reporter.error(
      place,
      'CHANGELOG_NO_SQL',
      `The file "${context.file}" has no SQL.`,
      'Write its statements, or remove it.',
    )
  }
  return {
    ...changesetDefaults,
    id: 'raw',
    author: 'includeAll',
    path: context.path,
    otherPaths: otherPathsOf(context, context.path),
    place,
    format: 'rawSql',
    changes: [
      {
        type: 'sql',
        text: expandAt(session, context, text, place).trim(),
        splitStatements: false,
        stripComments: false,
        endDelimiter: undefined,
        dbms: undefined,
        comment: undefined,
        place: { ...place, line: (/^\s*/.exec(text)?.[0] ?? '').split(/\r\n|\n|\r/).length },
      },
    ],
    inheritedContexts: context.contexts,
    inheritedLabels: context.labels,
    ignore: context.ignore,
  }
}

const rootAttributes = ['logicalFilePath', 'objectQuotingStrategy', 'context', 'contextFilter', 'changeLogId']
const rootParts = ['preConditions', 'property', 'changeSet', 'include', 'includeAll']
const unsupportedRootParts = ['modifyChangeSets', 'removeChangeSetProperty']

function readDocument(session: ParseSession, context: FileContext, text: string): void {
  const format: ChangelogFormat = /\.xml$/i.test(context.file) ? 'xml' : /\.json$/i.test(context.file) ? 'json' : 'yaml'
  const document =
    format === 'xml' ? readXmlSource(text, context.file, session.reporter) : readYamlSource(text, context.file, session.reporter)
  if (document === undefined) return
  const root = document.children.find((child) => child.name === 'databaseChangeLog')
  for (const child of document.children) {
    if (child !== root) reportUnknown(session, child, 'a changelog file', ['databaseChangeLog'])
  }
  if (root === undefined) {
    const place = document.children[0]?.place ?? document.place
    session.reporter.error(
      place,
      'CHANGELOG_NO_ROOT',
      'The file has no "databaseChangeLog".',
      'Everything in a changelog stands below it.',
    )
    return
  }
  readRoot(session, context, root, format)
}

function readRoot(session: ParseSession, context: FileContext, root: SourceNode, format: ChangelogFormat): void {
  const isAttribute = (child: SourceNode): boolean => rootAttributes.includes(child.name)
  const own = { ...root, children: root.children.filter(isAttribute) }
  const reader = new AttributeReader(session, context, own, { owner: 'databaseChangeLog', known: rootAttributes })
  const contextText = reader.text('contextFilter') ?? reader.text('context')
  checkContext(session, contextText, root.place)
  const inner = {
    ...inherit(context, { context: contextText, labels: undefined }),
    path: reader.text('logicalFilePath') ?? context.path,
  }
  const quoting: ObjectQuotingStrategy = reader.choice('objectQuotingStrategy', quotingStrategies) ?? 'LEGACY'
  if (root.text !== undefined) {
    session.reporter.error(
      root.place,
      'CHANGELOG_NOT_A_VALUE',
      '"databaseChangeLog" has to be a list of changesets and includes.',
    )
  }
  for (const child of root.children) {
    if (isAttribute(child)) continue
    if (child.name === 'changeSet') {
      const before = session.reporter.errorCount
      const changeset = readChangeset(session, inner, child, { format, quoting })
      noteBroken(session, changeset, before)
      if (changeset !== undefined) session.changesets.push(changeset)
    } else if (child.name === 'property') readProperty(session, inner, child)
    else if (child.name === 'preConditions') session.preconditions.push(readPreconditions(session, inner, child))
    else if (child.name === 'include') readInclude(session, inner, child)
    else if (child.name === 'includeAll') readIncludeAll(session, inner, child, readChangelogFile)
    else if (unsupportedRootParts.includes(child.name)) {
      const hint = 'Set the attribute on the changesets themselves.'
      session.reporter.error(child.place, 'CHANGELOG_UNSUPPORTED', `"${child.name}" is not supported.`, hint)
    } else reportUnknown(session, child, 'databaseChangeLog', [...rootParts, ...rootAttributes])
  }
}

function readInclude(session: ParseSession, context: FileContext, node: SourceNode): void {
  const known = [
    'file',
    'relativeToChangelogFile',
    'errorIfMissing',
    'context',
    'contextFilter',
    'labels',
    'ignore',
    'logicalFilePath',
  ]
  reportText(session, node)
  const reader = new AttributeReader(session, context, node, { owner: 'include', known })
  const file = reader.text('file')
  if (file === undefined || file.trim() === '') {
    session.reporter.error(node.place, 'CHANGELOG_MISSING_FIELD', 'An include needs "file".')
    return
  }
  const place = reader.place('file') ?? node.place
  const path = reader.boolean('relativeToChangelogFile') === true ? resolveRelative(context.file, file) : normalizePath(file)
  if (leavesTree(path)) {
    session.reporter.error(place, 'CHANGELOG_PATH_OUTSIDE', `The path "${file}" leaves the changelog folder.`)
    return
  }
  if (reader.boolean('errorIfMissing') === false && session.tree.readFile(path) === undefined) {
    session.reporter.warn(place, 'CHANGELOG_FILE_MISSING', `The file "${path}" does not exist and is left out.`)
    return
  }
  const contextText = reader.text('contextFilter') ?? reader.text('context')
  checkContext(session, contextText, reader.place('contextFilter') ?? reader.place('context') ?? node.place)
  const inner = inherit(context, { context: contextText, labels: reader.text('labels') })
  const ignore = context.ignore || reader.boolean('ignore') === true
  readChangelogFile(session, { ...inner, file: path, path, includePath: reader.text('logicalFilePath'), ignore }, place)
}
