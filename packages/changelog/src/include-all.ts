import { checkContext, inherit } from './changeset-defaults.ts'
import type { SourcePlace } from './model.ts'
import { leavesTree, normalizePath, resolveRelative } from './paths.ts'
import { AttributeReader, reportText } from './read-attributes.ts'
import type { FileContext, ParseSession } from './session.ts'
import type { SourceNode } from './source-node.ts'

const known = [
  ...['path', 'relativeToChangelogFile', 'endsWithFilter', 'errorIfMissingOrEmpty', 'minDepth', 'maxDepth'],
  ...['context', 'contextFilter', 'labels', 'ignore', 'logicalFilePath', 'filter', 'resourceFilter', 'resourceComparator'],
]
const javaAttributes = ['filter', 'resourceFilter', 'resourceComparator']

type ReadFile = (session: ParseSession, context: FileContext, from: SourcePlace) => void

/**
 * Includes every changelog below a folder, in the plain order of the whole paths by UTF-16 code units: `10_b` before `2_a`, upper
 * case before lower case.
 */
export function readIncludeAll(session: ParseSession, context: FileContext, node: SourceNode, readFile: ReadFile): void {
  reportText(session, node)
  const reader = new AttributeReader(session, context, node, { owner: 'includeAll', known })
  for (const name of javaAttributes) {
    const place = reader.place(name)
    if (place === undefined) continue
    const hint = 'Use endsWithFilter, minDepth and maxDepth, or name the files one by one.'
    session.reporter.error(
      place,
      'CHANGELOG_UNSUPPORTED',
      `"${name}" of includeAll names a Java class, which cannot run here.`,
      hint,
    )
  }
  const path = reader.text('path')
  if (path === undefined || path.trim() === '') {
    session.reporter.error(node.place, 'CHANGELOG_MISSING_FIELD', 'An includeAll needs "path".')
    return
  }
  const place = reader.place('path') ?? node.place
  const folder = reader.boolean('relativeToChangelogFile') === true ? resolveRelative(context.file, path) : normalizePath(path)
  if (leavesTree(folder)) {
    session.reporter.error(place, 'CHANGELOG_PATH_OUTSIDE', `The path "${path}" leaves the changelog folder.`)
    return
  }
  const depth = { min: readDepth(session, reader, 'minDepth', 0), max: readDepth(session, reader, 'maxDepth', Infinity) }
  const ending = reader.text('endsWithFilter')?.toLowerCase() ?? ''
  const files = listFiles(session, folder, place).filter((file) => {
    const level = file.slice(folder === '' ? 0 : folder.length + 1).split('/').length
    return level >= depth.min && level <= depth.max && file.toLowerCase().endsWith(ending)
  })
  if (files.length === 0 && reader.boolean('errorIfMissingOrEmpty') !== false) {
    const hint = 'Set errorIfMissingOrEmpty to false if that is meant.'
    session.reporter.error(place, 'CHANGELOG_FOLDER_EMPTY', `The folder "${path}" has no changelogs.`, hint)
    return
  }
  const contextText = reader.text('contextFilter') ?? reader.text('context')
  checkContext(session, contextText, node.place)
  const inner = inherit(context, { context: contextText, labels: reader.text('labels') })
  const ignore = context.ignore || reader.boolean('ignore') === true
  for (const file of files) readFile(session, { ...inner, file, path: file, includePath: undefined, ignore }, place)
}

function listFiles(session: ParseSession, folder: string, place: SourcePlace): readonly string[] {
  const files = session.tree.listFiles(folder) ?? []
  const changelogs = files.filter((file) => !/(?:^|\/)(?:\.svn|cvs)(?:\/|$)/i.test(file)).toSorted(compareText)
  return changelogs.filter((file) => {
    if (/\.(?:sql|ya?ml|json|xml)$/i.test(file)) return true
    if (file.endsWith('/')) {
      const hint = 'Move it into the changelog folder, or make it an entry of the search path.'
      session.reporter.error(
        place,
        'CHANGELOG_PATH_OUTSIDE',
        `The folder "${file}" is a link that leaves the changelog folder.`,
        hint,
      )
      return false
    }
    // Data files of loadData live beside changelogs as a matter of course.
    if (!/\.csv$/i.test(file)) {
      session.reporter.warn(place, 'CHANGELOG_FILE_SKIPPED', `The file "${file}" is no changelog and is left out.`)
    }
    return false
  })
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

function readDepth(session: ParseSession, reader: AttributeReader, name: string, byDefault: number): number {
  const text = reader.text(name)
  if (text === undefined) return byDefault
  if (/^\d{1,6}$/.test(text)) return Number(text)
  const place = reader.place(name)
  if (place !== undefined)
    session.reporter.error(place, 'CHANGELOG_BAD_VALUE', `"${text}" as value of "${name}" is not a whole number.`)
  return byDefault
}
