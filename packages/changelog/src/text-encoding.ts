/** Java's names of encodings that the web standard's decoders do not have under the same name, or mean something else by. */
const otherNames: Readonly<Record<string, string>> = {
  utf8: 'utf-8',
  'utf-16': 'utf-16be',
  utf16: 'utf-16be',
  'us-ascii': 'latin1',
  ascii: 'latin1',
  'iso-8859-1': 'latin1',
  iso8859_1: 'latin1',
  'iso8859-1': 'latin1',
  iso8859_15: 'iso-8859-15',
  cp1250: 'windows-1250',
  cp1251: 'windows-1251',
  cp1252: 'windows-1252',
  macroman: 'macintosh',
  ms932: 'shift_jis',
  sjis: 'shift_jis',
}

/**
 * The decoder's name of an encoding as changelogs name it (Java charset names, in any case), or undefined when it cannot be read here.
 * UTF-16 without a byte order mark is big-endian, as in Java.
 */
export function findEncoding(name: string): string | undefined {
  const lower = name.trim().toLowerCase()
  if (lower === 'utf-8') return lower
  const label = otherNames[lower] ?? lower
  try {
    return label === 'latin1' ? label : new TextDecoder(label).encoding
  } catch {
    return undefined
  }
}

/** The encoding that a byte order mark names. */
export function encodingOfMark(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 'utf-8' : undefined
}

/** The encoding that an XML declaration names; one that the declaration itself is not written in does not count. */
export function encodingOfXml(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 200))
  const named = /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1]
  return named === undefined || /^utf-?16/i.test(named) ? undefined : named
}

/** Decodes by a name that `findEncoding` gave. Throws TypeError when the bytes are not of that encoding. */
export function decodeText(bytes: Uint8Array, encoding: string): string {
  if (encoding !== 'latin1') return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  // The web standard's Latin-1 is Windows-1252, which differs in these.
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += 8192) parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)))
  return parts.join('')
}
