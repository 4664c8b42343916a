import { didYouMean } from '@sluice/base'
import { checkContext } from './changeset-defaults.ts'
import { matchesContexts, matchesDbms, matchesLabels } from './expression.ts'
import { readLabels } from './changeset-defaults.ts'
import { readLineAttributes } from './formatted-sql-lines.ts'
import type { SourcePlace } from './model.ts'
import { leavesTree, normalizePath, resolveRelative } from './paths.ts'
import { defineLocal } from './properties.ts'
import { readPropertiesFile } from './properties-file.ts'
import { AttributeReader, reportText } from './read-attributes.ts'
import type { FileContext, ParseSession } from './session.ts'
import type { SourceNode } from './source-node.ts'
import { changelogLimits, readTextFile } from './text-file.ts'

interface PropertyDefinition {
  readonly name: string | undefined
  readonly value: string | undefined
  readonly file: string | undefined
  readonly isRelative: boolean
  readonly context: string | undefined
  readonly labels: string | undefined
  readonly dbms: string | undefined
  readonly global: boolean
}

/** Reads a `property` of a YAML, JSON or XML changelog. */
export function readProperty(session: ParseSession, context: FileContext, node: SourceNode): void {
  const known = [
    'name',
    'value',
    'file',
    'relativeToChangelogFile',
    'errorIfMissing',
    'context',
    'contextFilter',
    'labels',
    'dbms',
    'global',
  ]
  reportText(session, node)
  const reader = new AttributeReader(session, context, node, { owner: 'property', known })
  // A value keeps its expressions: they are expanded where the property is used.
  const raw = node.children.find((child) => child.name === 'value')?.text
  define(session, context, node.place, {
    name: reader.text('name'),
    value: raw ?? (reader.place('value') === undefined ? undefined : ''),
    file: reader.text('file'),
    isRelative: reader.boolean('relativeToChangelogFile') ?? false,
    context: reader.text('contextFilter') ?? reader.text('context'),
    labels: reader.text('labels'),
    dbms: reader.text('dbms'),
    global: reader.boolean('global') ?? true,
  })
}

/** Reads a `--property` line of a formatted SQL changelog. */
export function readPropertyLine(session: ParseSession, context: FileContext, rest: string, place: SourcePlace): void {
  const known = ['name', 'value', 'context', 'contextFilter', 'labels', 'dbms', 'global']
  const values = new Map<string, string>()
  for (const { name, value } of readLineAttributes(rest).attributes) {
    const key = known.find((candidate) => candidate.toLowerCase() === name.toLowerCase())
    if (key !== undefined) values.set(key, value)
    else {
      const nearest = didYouMean(name, known)
      const hint = nearest === undefined ? 'Values cannot hold blanks.' : `Did you mean "${nearest}"?`
      session.reporter.error(place, 'CHANGELOG_UNKNOWN_FIELD', `"${name}" is not known in a property.`, hint)
    }
  }
  define(session, context, place, {
    name: values.get('name'),
    value: values.get('value'),
    file: undefined,
    isRelative: false,
    context: values.get('contextFilter') ?? values.get('context'),
    labels: values.get('labels'),
    dbms: values.get('dbms'),
    global: values.get('global')?.toLowerCase() !== 'false',
  })
}

function define(session: ParseSession, context: FileContext, place: SourcePlace, property: PropertyDefinition): void {
  checkContext(session, property.context, place)
  if (!isInForce(session, property)) return
  const put = (name: string, value: string): void => {
    if (property.global) session.properties.defineGlobal(name, value)
    else defineLocal(context.scope, name, value)
  }
  if (property.file !== undefined) {
    for (const [name, value] of readFile(session, context, place, property.file, property.isRelative)) put(name, value)
  } else if (property.name === undefined || property.value === undefined) {
    session.reporter.error(place, 'CHANGELOG_MISSING_FIELD', 'A property needs "name" and "value", or "file".')
  } else put(property.name, property.value)
}

/** Like a changeset, a property can be for some contexts, labels and databases only. */
function isInForce(session: ParseSession, property: PropertyDefinition): boolean {
  return (
    (session.dbms === undefined || matchesDbms(property.dbms, session.dbms)) &&
    matchesContexts([property.context], session.contexts) &&
    matchesLabels([readLabels(property.labels)], session.labelFilter)
  )
}

function readFile(
  session: ParseSession,
  context: FileContext,
  place: SourcePlace,
  file: string,
  isRelative: boolean,
): readonly (readonly [string, string])[] {
  const path = isRelative ? resolveRelative(context.file, file) : normalizePath(file)
  if (leavesTree(path)) {
    session.reporter.error(place, 'CHANGELOG_PATH_OUTSIDE', `The path "${file}" leaves the changelog folder.`)
    return []
  }
  const text = readTextFile(session.tree, path, {
    reporter: session.reporter,
    from: place,
    bytesMax: changelogLimits.documentBytesMax,
  })
  if (text === undefined) return []
  session.files.add(path)
  return readPropertiesFile(text)
}
