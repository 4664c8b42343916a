import type { Diagnostic } from './diagnostic.ts'
import type { DatabaseHost } from './database-url.ts'
import { badEncoding, decodePercent, quoteWord, splitOnce, urlError } from './database-url-text.ts'

/** The part of a URL between `//` and `/`. */
export interface UrlAuthority {
  readonly hosts: readonly DatabaseHost[]
  readonly user: string | undefined
  readonly password: string | undefined
}

const hostHint = 'Write each host as host, host:port or [ipv6]:port, with commas between them.'

/** Where the authority ends: the first `/` outside of parentheses, since MySQL's `address=(…)` may hold paths. */
export function splitAuthority(text: string): [string, string] {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === '/' && depth <= 0) return [text.slice(0, index), text.slice(index + 1)]
  }
  return [text, '']
}

/**
 * Reads user, password and hosts. MySQL's other forms count too: `address=(host=h)(port=1)`, `(host=h,port=1)` and `user@[h1,h2]`
 * (https://dev.mysql.com/doc/connector-j/en/connector-j-reference-jdbc-url-format.html). Undefined with one problem added.
 */
export function parseAuthority(text: string, defaultPort: number, problems: Diagnostic[]): UrlAuthority | undefined {
  const at = text.lastIndexOf('@')
  const [rawUser, rawPassword] = at < 0 ? [undefined, undefined] : splitOnce(text.slice(0, at), ':')
  const user = rawUser === undefined ? undefined : decodePercent(rawUser)
  const password = rawPassword === undefined ? undefined : decodePercent(rawPassword)
  if ((rawUser !== undefined && user === undefined) || (rawPassword !== undefined && password === undefined)) {
    problems.push(badEncoding())
    return undefined
  }
  const found: { user?: string; password?: string } = {}
  const hosts: DatabaseHost[] = []
  for (const item of splitHosts(text.slice(at + 1))) {
    const host = /[()]/.test(item) ? parseAddress(item, defaultPort, found) : parseHost(item, defaultPort)
    if (host === undefined) {
      problems.push(urlError('DATABASE_URL_HOST', 'A host of the database URL cannot be read.', hostHint))
      return undefined
    }
    if (typeof host === 'string') {
      problems.push(
        urlError('DATABASE_URL_HOST', `The address of a host has a key${quoteWord(host)} which has no meaning here.`, hostHint),
      )
      return undefined
    }
    hosts.push(host)
  }
  return { hosts, user: user ?? found.user, password: password ?? found.password }
}

/** One `host`, `host:port`, `[ipv6]:port` or percent-encoded socket path; undefined where it is none of them. */
export function parseHost(text: string, defaultPort: number): DatabaseHost | undefined {
  const decoded = decodePercent(text.trim())
  if (decoded === undefined) return undefined
  if (decoded.startsWith('/')) {
    const socket = /^(.*?)(?::(\d+))?$/.exec(decoded)
    return withPort(socket?.[1] ?? decoded, socket?.[2], defaultPort)
  }
  const match = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]\s/@?#]+))(?::(\d+))?$/i.exec(decoded)
  if (match === null) return undefined
  const host = (match[1] ?? match[2] ?? '').toLowerCase().replace(/\.$/, '')
  return withPort(host, match[3], defaultPort)
}

function withPort(host: string, written: string | undefined, defaultPort: number): DatabaseHost | undefined {
  const port = written === undefined ? defaultPort : Number(written)
  return host !== '' && Number.isInteger(port) && port >= 1 && port <= 65_535 ? { host, port } : undefined
}

/** At commas outside of parentheses; a list in one pair of brackets is taken out of them. */
function splitHosts(text: string): readonly string[] {
  const inner = /^\[(.*)\]$/.exec(text.trim())?.[1]
  const list = inner !== undefined && inner.includes(',') ? inner : text
  const items: string[] = []
  let depth = 0
  let current = ''
  for (const character of list) {
    if (character === '(') depth++
    if (character === ')') depth--
    if (character === ',' && depth === 0) {
      items.push(current)
      current = ''
    } else current += character
  }
  return [...items, current].map((item) => item.trim())
}

/** `address=(host=h)(port=1)(type=primary)` or `(host=h,port=1)`; the key that is not understood, as text. */
function parseAddress(
  text: string,
  defaultPort: number,
  found: { user?: string; password?: string },
): DatabaseHost | string | undefined {
  const body = text.replace(/^address\s*=\s*/i, '')
  if (!/^(?:\([^()]*\)\s*)+$/.test(body)) return undefined
  const pairs = body
    .slice(body.indexOf('(') + 1, body.lastIndexOf(')'))
    .split(/\)\s*\(|,/)
    .map((pair) => splitOnce(pair, '='))
  let host = ''
  let port: string | undefined
  for (const [rawKey, rawValue] of pairs) {
    const key = rawKey.trim().toLowerCase()
    const value = decodePercent((rawValue ?? '').trim())
    if (value === undefined) return undefined
    if (key === 'host') host = value
    else if (key === 'port') port = value
    else if (key === 'user') found.user ??= value
    else if (key === 'password') found.password ??= value
    // Which one is the primary is asked of the servers themselves.
    else if (key !== 'type' && key !== 'priority' && !(key === 'protocol' && value.toLowerCase() === 'tcp')) return key
  }
  const plain = parseHost(host.includes(':') && !host.startsWith('[') ? `[${host}]` : host, defaultPort)
  return plain === undefined ? undefined : withPort(plain.host, port, defaultPort)
}
