import type { Changeset } from './model.ts'

/**
 * The form of a path that changesets are told apart by: without `classpath:`, drive letter and one leading slash, with `/`,
 * and `.` and `..` resolved. Rows written by other tools are compared in this form.
 */
export function normalizePath(path: string): string {
  const plain = path
    .replace(/^classpath:/i, '')
    .replaceAll('\\', '/')
    .replace(/^[a-z]:/i, '')
    .replace(/^\//, '')
  const parts: string[] = []
  for (const part of plain.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}

/** The path of a file that another one refers to relative to itself. */
export function resolveRelative(fromFile: string, path: string): string {
  return normalizePath(`${parentFolder(fromFile)}/${path}`)
}

/** The folder of a file, without a slash at its end; `''` for the root. */
export function parentFolder(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash === -1 ? '' : path.slice(0, slash)
}

/** Whether a normalised path leaves the tree. */
export function leavesTree(path: string): boolean {
  return path === '..' || path.startsWith('../')
}

/** What makes a changeset the same one as a row of the history table. */
export function changesetKey(changeset: { readonly id: string; readonly author: string; readonly path: string }): string {
  return `${knownPath(changeset.path)}::${changeset.id}::${changeset.author}`
}

/** Thousands of changesets share a path, and each is asked for its key many times. */
const knownPaths = new Map<string, string>()
const knownPathsMax = 10_000

function knownPath(path: string): string {
  const known = knownPaths.get(path)
  if (known !== undefined) return known
  const normalized = normalizePath(path)
  if (knownPaths.size >= knownPathsMax) knownPaths.clear()
  knownPaths.set(path, normalized)
  return normalized
}

/**
 * Every identity under which a changeset may stand in a history table, its own first: a raw SQL file is `raw` or, since Liquibase
 * 4.30, `raw_` and its path; an include's logicalFilePath counts in newer versions only.
 */
export function recordedKeys(changeset: Pick<Changeset, 'id' | 'author' | 'path' | 'otherPaths' | 'format'>): readonly string[] {
  const ids = changeset.format === 'rawSql' ? [changeset.id, `raw_${changeset.path.replaceAll('/', '_')}`] : [changeset.id]
  const paths = [changeset.path, ...(changeset.otherPaths ?? [])]
  return ids.flatMap((id) => paths.map((path) => changesetKey({ id, author: changeset.author, path })))
}
