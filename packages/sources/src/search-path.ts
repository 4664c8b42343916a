import { statSync } from 'node:fs'
import { AppError } from '@sluice/base'
import type { FileTree } from '@sluice/changelog'
import { isArchivePath, openArchiveTree } from './archive-tree.ts'
import { createFolderTree } from './folder-tree.ts'

/** What to do with one path in several entries of a search path, as Liquibase's `duplicate-file-mode`. */
export type DuplicateFileMode = 'error' | 'warn' | 'silent'

export interface SearchPathOptions {
  /** Default: error. Otherwise the entry that comes first wins. */
  readonly duplicates?: DuplicateFileMode | undefined
  /** An entry that does not exist: an error (default), or a warning, as Liquibase passes over it. */
  readonly missing?: 'error' | 'warn' | undefined
  /** Symbolic links that lead out of a folder: not followed (default), or followed, where the folder's author may read this host anyway. */
  readonly links?: 'inside' | 'follow' | undefined
  /** One sentence each, once per path. */
  readonly onWarning?: ((message: string) => void) | undefined
}

const entriesMax = 100

/** Liquibase's `search-path`: entries separated by commas. */
export function splitSearchPath(text: string): readonly string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/**
 * Several folders and archives (zip, jar) as one file tree. A path that is in more than one of them is an error unless `duplicates` says
 * otherwise, as in Liquibase (https://docs.liquibase.com/concepts/changelogs/how-liquibase-finds-files.html).
 *
 * Throws `AppError`: `SEARCH_PATH_MISSING`, `SEARCH_PATH_INVALID`, `ARCHIVE_…`; its `readFile` throws `SEARCH_PATH_DUPLICATE`.
 */
export async function openSearchPath(entries: readonly string[], options: SearchPathOptions = {}): Promise<FileTree> {
  if (entries.length > entriesMax)
    throw new AppError('limitExceeded', 'SEARCH_PATH_INVALID', `The search path has more than ${String(entriesMax)} entries.`)
  const roots: Root[] = []
  for (const place of new Set(entries)) {
    const tree = await openEntry(place, options)
    if (tree !== undefined) roots.push({ place, tree })
  }
  const [only] = roots
  return roots.length === 1 && only !== undefined ? only.tree : joinTrees(roots, options)
}

interface Root {
  readonly place: string
  readonly tree: FileTree
}

async function openEntry(place: string, options: SearchPathOptions): Promise<FileTree | undefined> {
  if (/^(?:https?|s3|classpath\*?):/i.test(place))
    throw new AppError('invalid', 'SEARCH_PATH_INVALID', `The search path entry "${place}" is not on this host.`, {
      hint: 'Fetch it first, and name the folder or archive.',
    })
  const path = place.replace(/^file:(?:\/\/(?=\/))?/i, '')
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) {
    if (options.missing !== 'warn')
      throw new AppError('invalid', 'SEARCH_PATH_MISSING', `The search path entry "${place}" does not exist.`, {
        hint: 'Name a folder or a zip or jar file; several are separated by commas.',
      })
    options.onWarning?.(`The search path entry "${place}" does not exist and is passed over.`)
    return undefined
  }
  if (stats.isDirectory()) return createFolderTree(path, { links: options.links })
  if (isArchivePath(path)) return openArchiveTree(path)
  throw new AppError('invalid', 'SEARCH_PATH_INVALID', `The search path entry "${place}" is neither a folder nor an archive.`, {
    hint: 'Name the folder that the file is in, or a zip or jar file.',
  })
}

function joinTrees(roots: readonly Root[], options: SearchPathOptions): FileTree {
  const warned = new Set<string>()
  const duplicates = options.duplicates ?? 'error'
  return {
    readFile(path) {
      let first: { place: string; bytes: Uint8Array } | undefined
      for (const { place, tree } of roots) {
        const bytes = tree.readFile(path)
        if (bytes === undefined) continue
        if (first === undefined) {
          first = { place, bytes }
          if (duplicates === 'silent') break
          continue
        }
        if (duplicates === 'error')
          throw new AppError('invalid', 'SEARCH_PATH_DUPLICATE', `The file "${path}" is in "${first.place}" and in "${place}".`, {
            hint: 'Make the search path shorter; or, if they are the same, let the first one win (duplicate-file-mode WARN).',
          })
        if (!warned.has(path))
          options.onWarning?.(`The file "${path}" is in "${first.place}" and in "${place}": the first one counts.`)
        warned.add(path)
      }
      return first?.bytes
    },
    listFiles(folder) {
      const found = roots.flatMap(({ tree }) => tree.listFiles(folder) ?? [])
      return found.length === 0 && roots.every(({ tree }) => tree.listFiles(folder) === undefined)
        ? undefined
        : [...new Set(found)]
    },
    explainMissing: (path) => roots.reduce<string | undefined>((why, { tree }) => why ?? tree.explainMissing?.(path), undefined),
  }
}
