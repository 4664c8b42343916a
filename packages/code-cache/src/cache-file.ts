import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { kindsMax } from './kinds-of-work.ts'

/** Compiled code of a program, as it is kept in a file. */
export interface CachedCode {
  /** V8's own bytes, by the name of the script. */
  readonly scripts: ReadonlyMap<string, Buffer>
  /** What the runs did whose functions are in it. */
  readonly kinds: readonly string[]
}

/** What stands behind the code. */
interface Contents {
  readonly kinds: readonly string[]
  /** Name and length in bytes of each script's code, in their order. */
  readonly scripts: readonly (readonly [string, number])[]
}

const magic = 'slccode2'
/** The length of the contents, CRC-32 of everything before it, `magic`. */
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
  if (crc32(bytes.subarray(0, footer + 4)) !== bytes.readUInt32LE(footer + 4)) return undefined
  // From here on every byte is as we wrote it.
  const codeEnd = footer - bytes.readUInt32LE(footer)
  const contents = JSON.parse(bytes.toString('utf8', codeEnd, footer)) as Contents
  const scripts = new Map<string, Buffer>()
  let at = 0
  for (const [name, length] of contents.scripts) {
    scripts.set(name, bytes.subarray(at, at + length))
    at += aligned(length)
  }
  return { scripts, kinds: contents.kinds }
}

/** Writes compiled code, whole or not at all. Throws what the file system throws. */
export function writeCachedCode(path: string, { scripts, kinds }: CachedCode): void {
  const contents: Contents = { kinds: kinds.slice(0, kindsMax), scripts: [...scripts].map(([name, code]) => [name, code.length]) }
  const list = Buffer.from(JSON.stringify(contents))
  const code = [...scripts.values()].flatMap((bytes) => [bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(list.length)
  const body = Buffer.concat([...code, list, length])
  const end = Buffer.alloc(footerBytes - length.length)
  end.writeUInt32LE(crc32(body))
  end.write(magic, 4, 'latin1')
  const staged = `${path}.${String(process.pid)}.new`
  try {
    writeFileSync(staged, Buffer.concat([body, end]))
    renameSync(staged, path)
  } catch (error) {
    rmSync(staged, { force: true })
    throw error
  }
}

/** V8 copies code that does not begin at a multiple of a word. */
function aligned(length: number): number {
  return Math.ceil(length / 8) * 8
}
