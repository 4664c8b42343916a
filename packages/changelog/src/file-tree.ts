/**
 * The files that a changelog may refer to, already read or read on demand: a Git checkout, a folder, an archive. Paths are
 * relative to the tree's root, with `/`, and never leave it. Synchronous, so that parsing is one pure function.
 */
export interface FileTree {
  /** The file's bytes, or undefined when there is no such file. */
  readFile(path: string): Uint8Array | undefined
  /**
   * Paths of all files below a folder at any depth, in any order; undefined when there is no such folder. `''` is the root. A folder
   * that may not be entered (a link leads out of the tree) is listed itself, with a `/` at its end.
   */
  listFiles(folder: string): readonly string[] | undefined
  /** For a path that `readFile` has nothing for: why, to follow its name ("is a folder"); undefined when it is just not there. */
  explainMissing?(path: string): string | undefined
}

/** A tree in memory: for tests, and for callers that have fetched the files themselves. */
export function createMemoryTree(files: Readonly<Record<string, string | Uint8Array>>): FileTree {
  const encoder = new TextEncoder()
  const byPath = new Map(Object.entries(files))
  return {
    readFile: (path) => {
      const content = byPath.get(path)
      return typeof content === 'string' ? encoder.encode(content) : content
    },
    listFiles: (folder) => {
      const prefix = folder === '' ? '' : `${folder}/`
      const found = [...byPath.keys()].filter((path) => path.startsWith(prefix))
      return found.length === 0 ? undefined : found
    },
  }
}
