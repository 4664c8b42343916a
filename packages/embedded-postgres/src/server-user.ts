import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Who the server runs as: undefined is "as we are"; ids are given where we are root, since PostgreSQL refuses to be. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/**
 * The user for a server whose cluster folder is `clusterDir` (which need not exist). For root that is the folder's owner, so that a
 * folder made by an ordinary user stays that user's, else `nobody`. No user is ever created.
 */
export function findServerUser(clusterDir: string): ServerUser | undefined {
  if (process.geteuid?.() !== 0) return undefined
  const owner = statSync(clusterDir, { throwIfNoEntry: false })
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  return findNobody()
}

function findNobody(): ServerUser {
  try {
    const fields = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))
    if (fields !== null) return { uid: Number(fields[1]) >>> 0, gid: Number(fields[2]) >>> 0 }
  } catch {
    // A container without a user list: ids work without names.
  }
  return { uid: 65534, gid: 65534 }
}

/** The first folder on the way to `path` (itself included) that this user may not pass, or undefined when the way is free. */
export function findUnreachable(path: string, user: ServerUser): string | undefined {
  const parent = dirname(path)
  const above = parent === path ? undefined : findUnreachable(parent, user)
  if (above !== undefined) return above
  const stat = statSync(path)
  if (!stat.isDirectory()) return undefined
  const shift = stat.uid === user.uid ? 6 : stat.gid === user.gid ? 3 : 0
  // Reading and passing: the programs list folders too (time zones, extensions).
  return ((stat.mode >> shift) & 0o1) === 0o1 ? undefined : path
}
