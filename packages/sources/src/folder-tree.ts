import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import type { FileTree } from '@sluice/changelog'

/** Largest file that a changelog may consist of, in bytes. */
const fileBytesMax = 256 * 1024 * 1024

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
      const below = relative(realRoot, join(realRoot, folder))
      return readdirSync(real, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) =>
          join(below, relative(real, join(entry.parentPath, entry.name)))
            .split(sep)
            .join('/'),
        )
        .filter((path) => !path.startsWith('.git/'))
    },
  }
}
