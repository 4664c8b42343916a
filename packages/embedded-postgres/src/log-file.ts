import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs'

const rotateBytes = 16 * 1024 * 1024
const tailBytesMax = 16 * 1024
const tailLines = 8

/** Opens the server's log for appending; one that has grown large moves to `.1` first, over the one before it. */
export function openLog(path: string): { fd: number; startBytes: number } {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat !== undefined && stat.size > rotateBytes) renameSync(path, `${path}.1`)
  const fd = openSync(path, 'a', 0o600)
  return { fd, startBytes: fstatSync(fd).size }
}

/** The last lines that were written after `fromBytes`: what an error message quotes. */
export function readLogTail(path: string, fromBytes: number): string {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    // No log, nothing to quote.
    return ''
  }
  try {
    const size = fstatSync(fd).size
    const start = Math.max(fromBytes, size - tailBytesMax)
    const buffer = Buffer.alloc(Math.max(0, size - start))
    readSync(fd, buffer, 0, buffer.length, start)
    return buffer.toString('utf8').trimEnd().split('\n').slice(-tailLines).join('\n')
  } finally {
    closeSync(fd)
  }
}
