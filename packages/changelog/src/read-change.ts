import {
  booleanAttributes,
  changeSpecs,
  commonAttributes,
  foreignChanges,
  integerAttributes,
  sqlFileSpec,
  sqlSpec,
} from './change-specs.ts'
import type { NodeSpec } from './change-specs.ts'
import { javaBoolean, javaDateValue, javaInteger, startsLikeNumber } from './java-values.ts'
import type { Change, ChangeNode, ModelledChange, ModelledChangeName } from './model.ts'
import { leavesTree, normalizePath, resolveRelative } from './paths.ts'
import { readAttachments } from './read-attachments.ts'
import { reportText, reportUnknown, warnOddBoolean } from './read-attributes.ts'
import { expandAt, type FileContext, type ParseSession } from './session.ts'
import type { SourceNode } from './source-node.ts'
import { changelogLimits, readTextFile } from './text-file.ts'

const changeNames = ['sql', 'sqlFile', ...Object.keys(changeSpecs)]

/** Whether a child of a changeset is meant as a change (known, or known not to work here). */
export function isChangeName(name: string): boolean {
  return changeNames.includes(name) || Object.hasOwn(foreignChanges, name)
}

export { changeNames }

/** Reads one change, or reports why it cannot be. */
export function readChange(session: ParseSession, context: FileContext, node: SourceNode): Change | undefined {
  const foreign = Object.hasOwn(foreignChanges, node.name) ? foreignChanges[node.name] : undefined
  if (foreign !== undefined) {
    session.reporter.error(node.place, 'CHANGELOG_UNSUPPORTED_CHANGE', `The change "${node.name}" is not supported.`, foreign)
    return undefined
  }
  if (node.name === 'sql') return readSql(session, context, node)
  if (node.name === 'sqlFile') return readSqlFile(session, context, node)
  if (isModelled(node.name)) return readModelled(session, context, node, node.name)
  reportUnknown(session, node, 'a changeset', changeNames)
  return undefined
}

function isModelled(name: string): name is ModelledChangeName {
  return Object.hasOwn(changeSpecs, name)
}

function readSql(session: ParseSession, context: FileContext, node: SourceNode): Change {
  const { attributes } = readNode(session, context, node, sqlSpec)
  return {
    type: 'sql',
    text: (attributes['sql'] ?? '').trim(),
    splitStatements: flag(session, node, attributes, 'splitStatements', true),
    stripComments: flag(session, node, attributes, 'stripComments', false),
    endDelimiter: attributes['endDelimiter'],
    dbms: attributes['dbms'],
    comment: attributes['comment'],
    place: node.children.find((child) => child.name === 'sql')?.place ?? node.place,
  }
}

function flag(
  session: ParseSession,
  node: SourceNode,
  attributes: ChangeNode['attributes'],
  name: string,
  byDefault: boolean,
): boolean {
  const value = attributes[name]
  if (value === undefined) return byDefault
  warnOddBoolean(session, name, value, node.place)
  return javaBoolean(value) === 'true'
}

function readSqlFile(session: ParseSession, context: FileContext, node: SourceNode): Change | undefined {
  const { attributes } = readNode(session, context, node, sqlFileSpec)
  const path = attributes['path']
  if (path === undefined) return undefined
  const relative = attributes['relativeToChangelogFile']
  const isRelative = relative === undefined ? undefined : javaBoolean(relative) === 'true'
  const found = readReferencedFile(session, context, node, { path, isRelative, encoding: attributes['encoding'] })
  if (found === undefined) return undefined
  return {
    type: 'sqlFile',
    path,
    resolvedPath: found.path,
    relativeToChangelogFile: isRelative,
    encoding: attributes['encoding'],
    text: expandAt(session, context, found.text, { file: found.path, line: 1, column: 1 }),
    rawText: found.text,
    splitStatements: flag(session, node, attributes, 'splitStatements', true),
    stripComments: flag(session, node, attributes, 'stripComments', false),
    endDelimiter: attributes['endDelimiter'],
    dbms: attributes['dbms'],
    place: node.place,
  }
}

/** A file that a change refers to, from the root of the tree or from the changelog's own folder. */
function readReferencedFile(
  session: ParseSession,
  context: FileContext,
  node: SourceNode,
  reference: { readonly path: string; readonly isRelative: boolean | undefined; readonly encoding: string | undefined },
): { readonly path: string; readonly text: string } | undefined {
  const place = node.children.find((child) => child.name === 'path' || child.name === 'file')?.place ?? node.place
  const path = reference.isRelative === true ? resolveRelative(context.file, reference.path) : normalizePath(reference.path)
  if (leavesTree(path)) {
    session.reporter.error(place, 'CHANGELOG_PATH_OUTSIDE', `The path "${reference.path}" leaves the changelog folder.`)
    return undefined
  }
  const bytesMax = changelogLimits.textBytesMax
  const text = readTextFile(session.tree, path, {
    reporter: session.reporter,
    from: place,
    bytesMax,
    encoding: reference.encoding,
  })
  if (text === undefined) return undefined
  session.files.add(path)
  return { path, text }
}

function readModelled(session: ParseSession, context: FileContext, source: SourceNode, name: ModelledChangeName): ModelledChange {
  const node = normalized(session, readNode(session, context, source, changeSpecs[name]))
  const { attributes } = node
  const path = name === 'loadData' || name === 'loadUpdateData' ? attributes['file'] : attributes['path']
  const file =
    path === undefined
      ? undefined
      : readReferencedFile(session, context, source, {
          path,
          isRelative: attributes['relativeToChangelogFile'] === 'true',
          encoding: attributes['encoding'],
        })
  const runsFile = name === 'createView' || name === 'createProcedure'
  const attachments = readAttachments(session, context, node, file?.text)
  return {
    type: 'modelled',
    name,
    node,
    file:
      file !== undefined && runsFile
        ? { ...file, expanded: expandAt(session, context, file.text, { file: file.path, line: 1, column: 1 }) }
        : file,
    ...(attachments.size === 0 ? {} : { attachments }),
    place: source.place,
  }
}

/** The forms in which Liquibase itself keeps a change: defaults filled in, old attributes replaced by new ones. */
function normalized(session: ParseSession, node: ChangeNode): ChangeNode {
  const attributes: Record<string, string> = { ...node.attributes }
  if (node.name === 'output' && (attributes['target'] ?? '') === '') attributes['target'] = 'STDERR'
  if (node.name === 'stop') attributes['message'] ??= 'Stop command in changelog file'
  if (node.name === 'addForeignKeyConstraint' && attributes['deleteCascade'] !== undefined) {
    if (attributes['onDelete'] !== undefined) {
      delete attributes['onDelete']
      const message = '"onDelete" and "deleteCascade" together cancel each other out: the foreign key gets no delete rule.'
      session.reporter.warn(node.place, 'CHANGELOG_DELETE_RULE', message, 'Keep onDelete alone.')
    } else if (attributes['deleteCascade'] === 'true') {
      attributes['onDelete'] = 'CASCADE'
    }
    delete attributes['deleteCascade']
  }
  return { ...node, attributes }
}

/** Reads a node by its specification: attributes in Java's form, parts as children. Reports everything that does not fit. */
export function readNode(session: ParseSession, context: FileContext, source: SourceNode, spec: NodeSpec): ChangeNode {
  const attributes: Record<string, string> = {}
  const children: ChangeNode[] = []
  const known = spec.noSchema === true ? spec.attributes : [...spec.attributes, ...commonAttributes]
  const parts = spec.children ?? {}
  const lists = spec.lists ?? []

  const visit = (child: SourceNode): void => {
    const part = Object.hasOwn(parts, child.name) ? parts[child.name] : undefined
    if (part !== undefined) {
      const read = readNode(session, context, child, part)
      children.push(child.name === 'column' || child.name === 'param' ? withValueForms(read) : read)
    } else if (lists.includes(child.name)) {
      reportText(session, child)
      for (const item of child.children) {
        if (Object.hasOwn(parts, item.name)) visit(item)
        else reportUnknown(session, item, `"${child.name}" of ${source.name}`, Object.keys(parts))
      }
      // An empty list counts as one empty part.
      if (child.isStructure && child.children.length === 0) children.push(emptyPart(child, parts))
    } else if (known.includes(child.name)) {
      const value = attributeText(session, context, child, source.name)
      if (value !== undefined) attributes[child.name] = value
    } else {
      reportUnknown(session, child, source.name, [...known, ...Object.keys(parts), ...lists])
    }
  }
  for (const child of source.children) visit(child)
  if (source.text !== undefined) {
    if (spec.text !== undefined) attributes[spec.text] ??= expandAt(session, context, source.text, source.place)
    else session.reporter.error(source.place, 'CHANGELOG_NOT_A_VALUE', `"${source.name}" takes attributes, not a text.`)
  }
  for (const name of spec.required ?? []) {
    // Empty remarks take remarks away.
    if (attributes[name] !== undefined && (attributes[name] !== '' || name === 'remarks')) continue
    session.reporter.error(source.place, 'CHANGELOG_MISSING_FIELD', `"${source.name}" needs "${name}".`)
  }
  return { name: source.name, attributes, children, place: source.place }
}

function emptyPart(list: SourceNode, parts: Readonly<Record<string, NodeSpec>>): ChangeNode {
  const singular = list.name === 'columns' ? 'column' : (Object.keys(parts)[0] ?? list.name)
  return { name: singular, attributes: {}, children: [], place: list.place }
}

function attributeText(session: ParseSession, context: FileContext, child: SourceNode, owner: string): string | undefined {
  if (child.isStructure && child.text === undefined) {
    session.reporter.error(child.place, 'CHANGELOG_NOT_A_VALUE', `"${child.name}" has to be a single value.`)
    return undefined
  }
  // Only columns read dates as dates; addDefaultValue keeps their text.
  const isDate = (child.name === 'valueDate' || child.name === 'defaultValueDate') && (owner === 'column' || owner === 'param')
  const source = isDate ? (child.dateText ?? child.text) : child.text
  if (source === undefined) return undefined
  const text = expandAt(session, context, source, child.place)
  // The key of loadUpdateData is a list of columns, not the flag that columns have.
  if (booleanAttributes.has(child.name) && owner !== 'loadUpdateData') {
    warnOddBoolean(session, child.name, text, child.place)
    return javaBoolean(text)
  }
  if (!integerAttributes.has(child.name)) return text
  const integer = javaInteger(text.trim())
  if (integer === undefined) {
    session.reporter.error(child.place, 'CHANGELOG_BAD_VALUE', `"${text}" as value of "${child.name}" is not a whole number.`)
  }
  return integer
}

/** What Liquibase cannot read as a number or date it takes for a function call, and keeps it as computed value. */
function withValueForms(node: ChangeNode): ChangeNode {
  const attributes: Record<string, string> = { ...node.attributes }
  for (const prefix of ['value', 'defaultValue'] as const) {
    const computed = `${prefix}Computed`
    const numeric = attributes[`${prefix}Numeric`]
    if (numeric !== undefined) {
      const { name, text } = numericForm(numeric, prefix)
      delete attributes[`${prefix}Numeric`]
      if (name !== undefined) attributes[name] = text
    }
    const date = attributes[`${prefix}Date`]
    if (date !== undefined) {
      const printed = javaDateValue(date)
      delete attributes[`${prefix}Date`]
      attributes[printed === undefined ? computed : `${prefix}Date`] = printed ?? date
    }
  }
  return { ...node, attributes }
}

function numericForm(
  value: string,
  prefix: 'value' | 'defaultValue',
): { readonly name: string | undefined; readonly text: string } {
  if (value === 'null') return { name: undefined, text: '' }
  const inner = /^\((.*)\)$/s.exec(value)?.[1] ?? value
  if (startsLikeNumber(inner)) return { name: `${prefix}Numeric`, text: inner }
  return { name: `${prefix}Computed`, text: prefix === 'defaultValue' ? inner : value }
}
