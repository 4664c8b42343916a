/** Reads a Java .properties file (java.util.Properties.load): `key=value`, `key: value`, `key value`, `#` and `!` comments. */
export function readPropertiesFile(text: string): readonly (readonly [string, string])[] {
  const found: (readonly [string, string])[] = []
  let logical = ''
  for (const line of text.split(/\r\n|\r|\n/)) {
    const part = line.trimStart()
    if (logical === '' && (part === '' || part.startsWith('#') || part.startsWith('!'))) continue
    logical += part
    // An odd number of backslashes at the end continues the line.
    const backslashes = /\\*$/.exec(logical)?.[0].length ?? 0
    if (backslashes % 2 === 1) {
      logical = logical.slice(0, -1)
      continue
    }
    found.push(readPair(logical))
    logical = ''
  }
  if (logical !== '') found.push(readPair(logical))
  return found
}

function readPair(line: string): readonly [string, string] {
  const match = /^((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)$/s.exec(line)
  return [unescape(match?.[1] ?? line), unescape(match?.[2] ?? '')]
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f' }

function unescape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, char: string | undefined) =>
    code === undefined ? (escapes[char ?? ''] ?? char ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  )
}
