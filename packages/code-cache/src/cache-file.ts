import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { kindsMax } from './kinds-of-work.ts'

/** Compiled code as it is kept in a file. */
export interface CachedCode {
  /** V8's own bytes. */
  readonly code: Buffer
  /** What the runs did whose functions are in it. */
  readonly kinds: readonly string[]
}

const magic = 'slccode1'
/** CRC-32 of everything before it, the length of the list of kinds, `magic`. */
const footerBytes = 4 + 4 + magic.length
const fileBytesMax = 64 * 1024 * 1024

/**
 * Reads compiled code. Undefined where there is none, or where a single bit of it is not what was written: V8 believes what it is given, and
 * would run it. https://nodejs.org/api/vm.html#new-vmscriptcode-options
 */
export function readCachedCode(path: string): CachedCode | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    return undefined
  }
  const footer = bytes.length - footerBytes
  if (footer < 0 || bytes.length > fileBytesMax || bytes.toString('latin1', footer + 8) !== magic) return undefined
  if (crc32(bytes.subarray(0, footer)) !== bytes.readUInt32LE(footer)) return undefined
  const codeEnd = footer - bytes.readUInt32LE(footer + 4)
  if (codeEnd < 0) return undefined
  try {
    const kinds = JSON.parse(bytes.toString('utf8', codeEnd, footer)) as unknown
    if (!Array.isArray(kinds) || !kinds.every((kind) => typeof kind === 'string')) return undefined
    return { code: bytes.subarray(0, codeEnd), kinds }
  } catch {
    return undefined
  }
}

/** Writes compiled code, whole or not at all. Throws what the file system throws. */
export function writeCachedCode(path: string, { code, kinds }: CachedCode): void {
  const list = Buffer.from(JSON.stringify(kinds.slice(0, kindsMax)))
  const footer = Buffer.alloc(footerBytes)
  footer.writeUInt32LE(crc32(list, crc32(code)), 0)
  footer.writeUInt32LE(list.length, 4)
  footer.write(magic, 8, 'latin1')
  const staged = `${path}.${String(process.pid)}.new`
  try {
    writeFileSync(staged, Buffer.concat([code, list, footer]))
    renameSync(staged, path)
  } catch (error) {
    rmSync(staged, { force: true })
    throw error
  }
}
