import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { AppError } from '@sluice/base'

/** Longest path of a unix socket in bytes: sun_path has 104 on macOS and 108 on Linux, the closing zero included. */
export const socketPathMax = 103

/**
 * Where the relay of a data folder listens: inside of it, or, where that path is too long, in a folder of the system's temporary
 * folder whose name follows from the data folder. Always the same for the same folder, because runners outlive the delegate and look
 * for its successor at the address they were given.
 */
export function relaySocketPath(dir: string): string {
  const inside = join(dir, 'relay.sock')
  if (Buffer.byteLength(inside) <= socketPathMax) return inside
  const name = createHash('sha256').update(dir).digest('hex').slice(0, 16)
  return join(tmpdir(), `sluice-${userInfo().uid}-${name}`, 'relay.sock')
}

/**
 * Makes the socket's folder, for its owner alone. In a folder that everybody may write, somebody else could have made it before: then
 * this throws `AppError('failedPrecondition', 'RELAY_FOLDER_FOREIGN')`.
 */
export function makeSocketFolder(path: string): void {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const facts = lstatSync(folder)
  const uid = process.getuid?.()
  if (!facts.isDirectory() || (uid !== undefined && facts.uid !== uid) || (facts.mode & 0o022) !== 0) {
    throw new AppError(
      'failedPrecondition',
      'RELAY_FOLDER_FOREIGN',
      `The folder "${folder}" for the relay's socket belongs to others.`,
      {
        hint: 'Set SLUICE_DELEGATE_SOCKET to a path in a folder that only this user may write.',
      },
    )
  }
}
