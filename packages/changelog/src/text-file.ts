import type { FileTree } from './file-tree.ts'
import type { SourcePlace } from './model.ts'
import type { Reporter } from './reporter.ts'

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

const decoders: Readonly<Record<string, string>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'windows-1252',
  ascii: 'windows-1252',
  'iso-8859-1': 'windows-1252',
  latin1: 'windows-1252',
  'windows-1252': 'windows-1252',
  cp1252: 'windows-1252',
  'utf-16': 'utf-16le',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
}

/**
 * Reads a text file without its byte order mark. Reports a file that is missing, too large or not in its encoding at `from`,
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
    reporter.error(
      from,
      'CHANGELOG_FILE_MISSING',
      `The file "${path}" does not exist.`,
      'Paths start at the root of the changelog folder.',
    )
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
  const encoding = (options.encoding ?? 'utf-8').toLowerCase()
  const label = decoders[encoding]
  if (label === undefined) {
    const known = Object.keys(decoders).join(', ')
    reporter.error(
      from,
      'CHANGELOG_ENCODING_UNKNOWN',
      `The encoding "${options.encoding}" of "${path}" is not known.`,
      `Use one of: ${known}.`,
    )
    return undefined
  }
  return decode(bytes, label, path, reporter)
}

function decode(bytes: Uint8Array, label: string, path: string, reporter: Reporter): string | undefined {
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes)
  } catch {
    const line = firstBadLine(bytes, label)
    const place = { file: path, line, column: 1 }
    reporter.error(
      place,
      'CHANGELOG_ENCODING',
      `The file is not valid ${label.toUpperCase()}.`,
      'Save it as UTF-8, or name its encoding.',
    )
    return undefined
  }
}

/** Decoding again, leniently, shows where the first replacement character stands. */
function firstBadLine(bytes: Uint8Array, label: string): number {
  const text = new TextDecoder(label).decode(bytes)
  const at = text.indexOf('\uFFFD')
  return at === -1 ? 1 : text.slice(0, at).split('\n').length
}
