import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

let counter = 0

/**
 * Writes a file so that a reader sees the old content or the new one whole, also after a power cut: a temporary file beside it, synced,
 * then renamed. Readable by its owner alone.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}-${++counter}.tmp`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** A folder and its parents, for its owner alone. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
}

/** Makes renames inside a folder survive a power cut. Platforms that cannot sync folders are left alone. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  try {
    await folder?.sync()
  } catch {
    // Some file systems refuse fsync on a folder: their renames are as durable as they get.
  } finally {
    await folder?.close()
  }
}
