import { writeFileSync } from 'node:fs'
import { crc32, deflateRawSync } from 'node:zlib'

/** One entry of a zip for tests; every field can be made a lie. */
export interface ZipEntry {
  readonly name: string
  readonly content: string
  readonly store?: boolean
  readonly crc?: number
  /** What the directory says the content's length is. */
  readonly size?: number
  readonly flags?: number
  readonly method?: number
}

/** Writes a zip archive (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT): local headers, directory, end. */
export function writeZip(path: string, entries: readonly ZipEntry[]): void {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const name = Buffer.from(entry.name)
    const plain = Buffer.from(entry.content)
    const packed = entry.store === true ? plain : deflateRawSync(plain)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE((entry.flags ?? 0) | 0x800, 2)
    common.writeUInt16LE(entry.method ?? (entry.store === true ? 0 : 8), 4)
    common.writeUInt32LE(entry.crc ?? crc32(plain), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(entry.size ?? plain.length, 18)
    common.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('504b0304', 'hex'), common, name, packed])
    const head = Buffer.alloc(14)
    head.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from('504b01021400', 'hex'), common, head, name]))
    locals.push(local)
    offset += local.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(listed.length, 8)
  end.writeUInt32LE(offset, 12)
  writeFileSync(path, Buffer.concat([...locals, listed, Buffer.from('504b0506', 'hex'), end]))
}
