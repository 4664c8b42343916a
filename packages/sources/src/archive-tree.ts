import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { AppError } from '@sluice/base'
import type { FileTree } from '@sluice/changelog'
import type { Entry, ZipFile } from 'yauzl'

/** Bounds of an archive, so that a small file cannot become a large one in memory. */
export interface ArchiveLimits {
  readonly entriesMax: number
  /** Of one file, unpacked. */
  readonly fileBytesMax: number
  /** Of all files together, unpacked. */
  readonly totalBytesMax: number
}

export const archiveLimits: ArchiveLimits = {
  entriesMax: 100_000,
  fileBytesMax: 256 * 1024 * 1024,
  totalBytesMax: 512 * 1024 * 1024,
}

/** What no changelog can refer to, and application archives are full of. */
const skipped = /\.(?:class|jar|war|so|dll|exe)$/i

const deflate = 8
const stored = 0

/** Whether a search path's entry is read as an archive: Liquibase's rule is the name's ending. */
export function isArchivePath(path: string): boolean {
  return /\.(?:zip|jar|war|ear)$/i.test(path)
}

/**
 * The files of a zip or jar as a changelog's file tree, read into memory once. Names that would leave the archive's root (`../x`, `/x`,
 * `C:\x`), encrypted entries, wrong sizes or checksums, and archives beyond the limits are errors; nothing is written anywhere.
 *
 * Throws `AppError`: `ARCHIVE_UNREADABLE`, `ARCHIVE_TOO_LARGE`.
 */
export async function openArchiveTree(path: string, limits: ArchiveLimits = archiveLimits): Promise<FileTree> {
  const { openPromise } = await import('yauzl')
  let archive: ZipFile
  try {
    // Entries are asked for one by one; names are checked by the library: no `..`, no root, no drive.
    archive = await openPromise(path, { autoClose: false, lazyEntries: true, strictFileNames: false, validateEntrySizes: true })
  } catch (error) {
    throw unreadable(path, error)
  }
  try {
    return await readArchive(path, archive, limits)
  } catch (error) {
    throw error instanceof AppError ? error : unreadable(path, error)
  } finally {
    archive.close()
  }
}

async function readArchive(path: string, archive: ZipFile, limits: ArchiveLimits): Promise<FileTree> {
  if (archive.entryCount > limits.entriesMax) throw tooLarge(path, `has more than ${String(limits.entriesMax)} entries`)
  const files = new Map<string, Uint8Array>()
  let totalBytes = 0
  for await (const entry of archive.eachEntry()) {
    const name = entry.fileName
    if (name.endsWith('/') || skipped.test(name)) continue
    if (entry.uncompressedSize > limits.fileBytesMax) throw tooLarge(path, `has a file "${name}" that is too large`)
    totalBytes += entry.uncompressedSize
    if (totalBytes > limits.totalBytesMax) throw tooLarge(path, 'unpacks to more than is read')
    files.set(normalizeName(name), await readEntry(path, archive, entry))
  }
  return treeOf(files)
}

async function readEntry(path: string, archive: ZipFile, entry: Entry): Promise<Uint8Array> {
  if (entry.isEncrypted()) throw unreadable(path, undefined, `its file "${entry.fileName}" is encrypted`)
  if (entry.compressionMethod !== deflate && entry.compressionMethod !== stored)
    throw unreadable(path, undefined, `its file "${entry.fileName}" is packed in a way that is not known`)
  // The library ends the stream with an error as soon as it is longer than the entry says.
  const bytes = await buffer(await archive.openReadStreamPromise(entry))
  if (crc32(bytes) !== entry.crc32) throw unreadable(path, undefined, `its file "${entry.fileName}" is damaged`)
  return bytes
}

/** Later entries of one name win, as in any unzip; the name is what the changelog writes. */
function normalizeName(name: string): string {
  return name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
}

function treeOf(files: ReadonlyMap<string, Uint8Array>): FileTree {
  return {
    readFile: (name) => files.get(name),
    listFiles: (folder) => {
      const prefix = folder === '' ? '' : `${folder}/`
      const found = [...files.keys()].filter((name) => name.startsWith(prefix))
      return found.length === 0 ? undefined : found
    },
  }
}

function unreadable(path: string, cause: unknown, why?: string): AppError {
  const reason = why ?? (cause instanceof Error ? cause.message.replace(/\.$/, '') : 'it cannot be opened')
  return new AppError('invalid', 'ARCHIVE_UNREADABLE', `The archive "${path}" cannot be read: ${reason}.`, {
    hint: 'It has to be a zip or jar file; unpack it and name the folder if it is another kind.',
    ...(cause === undefined ? {} : { cause }),
  })
}

function tooLarge(path: string, what: string): AppError {
  return new AppError('limitExceeded', 'ARCHIVE_TOO_LARGE', `The archive "${path}" ${what}.`, {
    hint: 'Unpack it and name the folder instead.',
  })
}
