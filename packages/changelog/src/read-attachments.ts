import { readCsv } from './csv.ts'
import type { Attachment, ChangeNode, SourcePlace } from './model.ts'
import { leavesTree, normalizePath, resolveRelative } from './paths.ts'
import type { FileContext, ParseSession } from './session.ts'
import { changelogLimits, readTextFile } from './text-file.ts'

interface Wanted {
  readonly path: string
  readonly kind: 'text' | 'bytes'
  readonly encoding: string | undefined
  readonly place: SourcePlace
}

/**
 * The files that values of a change stand in: `valueClobFile` and `valueBlobFile` of columns and parameters, and the values of CSV
 * columns of type CLOB and BLOB. Paths are relative to the changelog, else to the root of the tree.
 */
export function readAttachments(
  session: ParseSession,
  context: FileContext,
  node: ChangeNode,
  csv: string | undefined,
): ReadonlyMap<string, Attachment> {
  const found = new Map<string, Attachment>()
  const wanted = [...namedFiles(node), ...(csv === undefined ? [] : csvFiles(node, csv))]
  for (const one of wanted) {
    const known = found.get(one.path)
    if ((one.kind === 'text' ? known?.text : known?.hex) !== undefined) continue
    const read = readAttachment(session, context, one)
    if (read !== undefined) found.set(one.path, { text: known?.text, hex: known?.hex, ...read })
  }
  return found
}

function namedFiles(node: ChangeNode): readonly Wanted[] {
  return node.children.flatMap((child): Wanted[] => {
    const { valueClobFile, valueBlobFile, encoding } = child.attributes
    return [
      ...(valueClobFile === undefined ? [] : [{ path: valueClobFile, kind: 'text' as const, encoding, place: child.place }]),
      ...(valueBlobFile === undefined ? [] : [{ path: valueBlobFile, kind: 'bytes' as const, encoding, place: child.place }]),
    ]
  })
}

function csvFiles(node: ChangeNode, csv: string): readonly Wanted[] {
  const columns = node.children.filter((child) => /^[bc]lob$/i.test(child.attributes['type'] ?? ''))
  if (columns.length === 0) return []
  const { separator, quotchar, commentLineStartsWith, encoding } = node.attributes
  const wanted: Wanted[] = []
  let positions: { readonly index: number; readonly kind: 'text' | 'bytes' }[] | undefined
  for (const row of readCsv(csv, { separator, quote: quotchar, comment: commentLineStartsWith })) {
    if (positions === undefined) {
      const headers = row.values.map((header) => header.trim().toLowerCase())
      positions = columns.map(({ attributes }) => ({
        index:
          attributes['index'] === undefined
            ? headers.indexOf((attributes['header'] ?? attributes['name'] ?? '').trim().toLowerCase())
            : Number(attributes['index']),
        kind: /^blob$/i.test(attributes['type'] ?? '') ? 'bytes' : 'text',
      }))
      continue
    }
    for (const { index, kind } of positions) {
      const path = row.values[index]
      if (path === undefined || path === '' || /^null$/i.test(path)) continue
      wanted.push({ path, kind, encoding, place: node.place })
    }
  }
  return wanted
}

function readAttachment(session: ParseSession, context: FileContext, wanted: Wanted): Partial<Attachment> | undefined {
  const besides = resolveRelative(context.file, wanted.path)
  const path = !leavesTree(besides) && session.tree.readFile(besides) !== undefined ? besides : normalizePath(wanted.path)
  if (leavesTree(path)) {
    session.reporter.error(wanted.place, 'CHANGELOG_PATH_OUTSIDE', `The path "${wanted.path}" leaves the changelog folder.`)
    return undefined
  }
  const bytesMax = changelogLimits.textBytesMax
  if (wanted.kind === 'text') {
    const options = { reporter: session.reporter, from: wanted.place, bytesMax, encoding: wanted.encoding }
    const text = readTextFile(session.tree, path, options)
    if (text !== undefined) session.files.add(path)
    return text === undefined ? undefined : { text }
  }
  const bytes = session.tree.readFile(path)
  if (bytes === undefined || bytes.length > bytesMax) {
    const [code, problem] =
      bytes === undefined ? ['CHANGELOG_FILE_MISSING', 'does not exist'] : ['CHANGELOG_FILE_TOO_LARGE', 'is too large']
    session.reporter.error(wanted.place, code, `The file "${path}" ${problem}.`)
    return undefined
  }
  session.files.add(path)
  return { hex: toHex(bytes) }
}

function toHex(bytes: Uint8Array): string {
  const parts: string[] = []
  for (const byte of bytes) parts.push(hexDigits[byte] ?? '')
  return parts.join('')
}

const hexDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
