import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { AppError } from '@sluice/base'
import type { FileTree } from '@sluice/changelog'

/** Largest file that a changelog may consist of, in bytes. */
const fileBytesMax = 256 * 1024 * 1024
/** Links can lead to one folder by very many ways. */
const listedMax = 250_000

export interface FolderTreeOptions {
  /** `inside` (default): a symbolic link is followed only while it stays inside the folder. `follow`: anywhere. */
  readonly links?: 'inside' | 'follow' | undefined
}

/**
 * A folder's files as a changelog's file tree. Symbolic links are followed only while they stay inside the folder, so that a repository
 * cannot make the runner read the host's files.
 */
export function createFolderTree(root: string, options: FolderTreeOptions = {}): FileTree {
  const realRoot = realpathSync(root)
  const isInside = (path: string): boolean => path === realRoot || path.startsWith(realRoot === sep ? sep : realRoot + sep)
  const resolveInside = (path: string): string | undefined => {
    try {
      const real = realpathSync(join(realRoot, path))
      if (options.links === 'follow') return isInside(resolve(realRoot, path)) ? real : undefined
      return isInside(real) ? real : undefined
    } catch {
      // Not there, or a broken link: the caller says which file is missing.
      return undefined
    }
  }
  return {
    readFile(path) {
      const real = resolveInside(path)
      if (real === undefined) return undefined
      const stats = statSync(real)
      return stats.isFile() && stats.size <= fileBytesMax ? readFileSync(real) : undefined
    },
    listFiles(folder) {
      const real = resolveInside(folder)
      if (real === undefined || !statSync(real).isDirectory()) return undefined
      const below = relative(realRoot, join(realRoot, folder)).split(sep).join('/')
      const found: string[] = []
      const walk = (path: string, ancestors: readonly string[]): void => {
        const realFolder = resolveInside(path)
        if (realFolder === undefined) return void found.push(`${path}/`)
        // A link to a folder that it stands in: those files are listed under their shorter names.
        if (ancestors.includes(realFolder)) return
        for (const entry of readdirSync(realFolder, { withFileTypes: true })) {
          if (path === '' && entry.name === '.git') continue
          const inner = path === '' ? entry.name : `${path}/${entry.name}`
          if (entry.isDirectory() || (entry.isSymbolicLink() && isFolder(join(realFolder, entry.name))))
            walk(inner, [...ancestors, realFolder])
          else found.push(inner)
          if (found.length > listedMax) throw tooMany(folder)
        }
      }
      walk(below, [])
      return found
    },
    explainMissing(path) {
      const full = resolve(realRoot, path)
      if (lstatSync(full, { throwIfNoEntry: false }) === undefined) return undefined
      try {
        if (realpathSync(full) !== resolveInside(path)) return 'is reached by a link that leaves the folder'
      } catch {
        return 'is a link that leads nowhere'
      }
      const stats = statSync(full)
      if (stats.isDirectory()) return 'is a folder'
      return stats.isFile() ? 'is too large' : 'is no ordinary file'
    },
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // A link that leads nowhere, or to itself.
    return false
  }
}

function tooMany(folder: string): AppError {
  return new AppError('limitExceeded', 'FOLDER_TOO_LARGE', `The folder "${folder}" has more than ${String(listedMax)} files.`, {
    hint: 'Name a folder that holds changelogs only. Links between folders make one file count by each of its ways.',
  })
}
