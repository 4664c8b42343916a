import type { FileTree } from './file-tree.ts'
import type { SourcePlace } from './model.ts'
import type { Reporter } from './reporter.ts'
import { decodeText, encodingOfMark, encodingOfXml, findEncoding } from './text-encoding.ts'

/** Upper bounds of what is read, in bytes and files. A changelog that needs more is a mistake or an attack. */
export const changelogLimits = {
  /** One SQL or CSV file, formatted SQL changelogs included. */
  textBytesMax: 64 * 1024 * 1024,
  /** One YAML, JSON or XML changelog. */
  documentBytesMax: 16 * 1024 * 1024,
  filesMax: 50_000,
  changesetsMax: 200_000,
  includeDepthMax: 64,
} as const

/**
 * Reads a text file without its byte order mark, in the encoding that the mark, the caller or an XML declaration names, else as UTF-8,
 * which is how Liquibase reads them. Reports a file that is missing, too large or not in its encoding at `from`,
 * the place that refers to it, and gives undefined then.
 */
export function readTextFile(
  tree: FileTree,
  path: string,
  options: {
    readonly reporter: Reporter
    readonly from: SourcePlace | string
    readonly bytesMax: number
    readonly encoding?: string | undefined
  },
): string | undefined {
  const { reporter, from } = options
  const bytes = tree.readFile(path)
  if (bytes === undefined) {
    const why = tree.explainMissing?.(path)
    const message = why === undefined ? `The file "${path}" does not exist.` : `"${path}" cannot be read: it ${why}.`
    reporter.error(from, 'CHANGELOG_FILE_MISSING', message, 'Paths start at the root of the changelog folder.')
    return undefined
  }
  if (bytes.length > options.bytesMax) {
    const size = `${Math.ceil(bytes.length / 1024)} KiB`
    const most = `${options.bytesMax / 1024} KiB`
    reporter.error(
      from,
      'CHANGELOG_FILE_TOO_LARGE',
      `The file "${path}" has ${size}; at most ${most} are read.`,
      'Split it into several files.',
    )
    return undefined
  }
  const named = options.encoding ?? (/\.xml$/i.test(path) ? encodingOfXml(bytes) : undefined) ?? 'utf-8'
  const encoding = encodingOfMark(bytes) ?? findEncoding(named)
  if (encoding === undefined) {
    const hint = 'Save the file as UTF-8, and say so.'
    reporter.error(from, 'CHANGELOG_ENCODING_UNKNOWN', `The encoding "${named}" of "${path}" is not known.`, hint)
    return undefined
  }
  const text = decode(bytes, encoding, path, reporter)
  const nul = text?.indexOf('\0') ?? -1
  if (text === undefined || nul === -1) return text
  const hint = 'Remove it; a file that was saved as UTF-16 needs a byte order mark, or has to be saved as UTF-8.'
  reporter.error(placeOf(text, nul, path), 'CHANGELOG_NUL', 'The file holds a character of code 0.', hint)
  return undefined
}

function placeOf(text: string, at: number, file: string): SourcePlace {
  const lines = text.slice(0, at).split(/\r\n|\n|\r/)
  return { file, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

function decode(bytes: Uint8Array, encoding: string, path: string, reporter: Reporter): string | undefined {
  try {
    return decodeText(bytes, encoding)
  } catch {
    const place = { file: path, line: firstBadLine(bytes, encoding), column: 1 }
    const hint = /\.(?:sql|ya?ml|json)$/i.test(path) ? 'Save it as UTF-8.' : 'Save it as UTF-8, or name its encoding.'
    reporter.error(place, 'CHANGELOG_ENCODING', `The file is not valid ${encoding.toUpperCase()}.`, hint)
    return undefined
  }
}

/** Decoding again, leniently, shows where the first replacement character stands. */
function firstBadLine(bytes: Uint8Array, encoding: string): number {
  const text = new TextDecoder(encoding).decode(bytes)
  const at = text.indexOf('\uFFFD')
  return at === -1 ? 1 : text.slice(0, at).split('\n').length
}
