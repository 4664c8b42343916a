import { open, stat, truncate } from 'node:fs/promises'

/** The last bytes of a file as text; empty when there is no such file. */
export async function readTail(path: string, bytesMax: number): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined)
  if (file === undefined) return ''
  try {
    const { size } = await file.stat()
    const length = Math.min(size, bytesMax)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Empties a file that has grown too large. Whoever appends to it goes on at its new end. */
export async function cutLog(path: string, bytesMax: number): Promise<void> {
  try {
    if ((await stat(path)).size > bytesMax) await truncate(path, 0)
  } catch {
    // It is not there, or the disk refuses: the next round tries again.
  }
}
