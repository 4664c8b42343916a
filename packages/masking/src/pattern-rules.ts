/** Reports that the characters from `from` to before `to` are a secret. */
export type Report = (from: number, to: number) => void

/** One shape of secret. */
export interface PatternRule {
  /** A line without any of these, which are lower case, has nothing for this rule. */
  readonly triggers: readonly string[]
  /**
   * Gets a line twice, as it is and in lower case (the same length), and reports what to hide. Takes time linear in the line: finds
   * a trigger, reads the run of characters that belongs to it, goes on after that run.
   */
  scan(line: string, lower: string, report: Report): void
}

const tokenCharacter = charactersOf(/[A-Za-z0-9_-]/)
const jwtCharacter = charactersOf(/[A-Za-z0-9_.-]/)
const bearerCharacter = charactersOf(/[A-Za-z0-9._~+/=-]/)
const valueEnd = charactersOf(/[\s&;,"'`)\]}<>]/)
const userInfoEnd = charactersOf(/[\s/?#"'`<>]/)
const wordCharacter = charactersOf(/[A-Za-z0-9]/)

function charactersOf(pattern: RegExp): readonly boolean[] {
  return Array.from({ length: 256 }, (_, code) => pattern.test(String.fromCharCode(code)))
}

/** The end of the run that starts at `from` and whose characters are all (or, with `wanted` false, all not) in the class. */
function runEnd(line: string, from: number, characters: readonly boolean[], wanted: boolean): number {
  let end = from
  while (end < line.length && (characters[line.charCodeAt(end)] ?? false) === wanted) end += 1
  return end
}

/** Each occurrence of `text`; `visit` returns where to go on. */
function forEachFound(line: string, text: string, visit: (at: number) => number): void {
  for (let at = line.indexOf(text); at >= 0;) at = line.indexOf(text, Math.max(at + 1, visit(at)))
}

function startsWord(line: string, at: number, characters: readonly boolean[]): boolean {
  return at === 0 || !(characters[line.charCodeAt(at - 1)] ?? false)
}

/** JSON Web Tokens (RFC 7519): three base64url parts, the first of which begins with `{"` encoded. */
const jwt: PatternRule = {
  triggers: ['eyj'],
  scan(line, _lower, report) {
    forEachFound(line, 'eyJ', (at) => {
      const end = runEnd(line, at, jwtCharacter, true)
      const [header = '', payload = '', signature] = line.slice(at, end).split('.', 3)
      if (header.length >= 10 && payload.length >= 10 && signature !== undefined) report(at, end)
      return end
    })
  },
}

// What comes before `=` or `:`. A name may be part of a longer one: PGPASSWORD, db.password, aws_secret_access_key.
const alwaysSecretNames = ['password', 'passwd', 'passphrase', 'pwd']
const assignedSecretNames = [
  'secret',
  'token',
  'api_key',
  'apikey',
  'api-key',
  'access_key',
  'accesskey',
  'access-key',
  'account_key',
  'accountkey',
  'private_key',
  'privatekey',
  'secret_key',
  'secretkey',
]

/** `password=…`, `"password": "…"`, `--password …` is not (too much text says “password reset”), `PASSWORD '…'` of SQL is. */
const assignment: PatternRule = {
  triggers: [...alwaysSecretNames, ...assignedSecretNames],
  scan(line, lower, report) {
    for (const name of alwaysSecretNames) forEachFound(lower, name, (at) => reportValue(line, at + name.length, true, report))
    for (const name of assignedSecretNames) forEachFound(lower, name, (at) => reportValue(line, at + name.length, false, report))
  },
}

/** Reports the value after a name that ends at `nameEnd`; returns where to go on. `loose` also takes `: value` and `'value'`. */
function reportValue(line: string, nameEnd: number, loose: boolean, report: Report): number {
  let at = nameEnd
  if (line[at] === '\\') at += 1
  const quotedName = isQuote(line[at])
  if (quotedName) at += 1
  const separator = skipBlanks(line, at)
  const sign = line[separator]
  const isAssigned = sign === '=' || (sign === ':' && (loose || quotedName))
  if (!isAssigned && !(loose && separator > at && isQuote(line[separator]))) return nameEnd
  const valueStart = isAssigned ? skipBlanks(line, line[separator + 1] === '>' ? separator + 2 : separator + 1) : separator
  return reportLiteral(line, valueStart, report)
}

function reportLiteral(line: string, start: number, report: Report): number {
  const quote = line[start]
  if (isQuote(quote)) {
    let end = start + 1
    while (end < line.length && line[end] !== quote) end += line[end] === '\\' ? 2 : 1
    end = Math.min(end, line.length)
    if (end > start + 1 && !isReference(line, start + 1)) report(start + 1, end)
    return end
  }
  // JSON inside JSON: \"password\":\"…\".
  if (quote === '\\' && isQuote(line[start + 1])) {
    const close = line.indexOf(`\\${line[start + 1] ?? ''}`, start + 2)
    const end = close < 0 ? line.length : close
    if (end > start + 2 && !isReference(line, start + 2)) report(start + 2, end)
    return end
  }
  const end = runEnd(line, start, valueEnd, false)
  if (end > start && !isReference(line, start)) report(start, end)
  return end
}

// Expressions and what is masked already help the reader and are no secrets.
function isReference(line: string, at: number): boolean {
  return line.startsWith('<+', at) || line.startsWith('${', at) || line.startsWith('***', at) || line.startsWith('$(', at)
}

function isQuote(character: string | undefined): boolean {
  return character === '"' || character === "'" || character === '`'
}

function skipBlanks(line: string, from: number): number {
  let at = from
  while (line[at] === ' ' || line[at] === '\t') at += 1
  return at
}

/** `IDENTIFIED BY '…'` of MySQL and Oracle. */
const identifiedBy: PatternRule = {
  triggers: ['identified by'],
  scan(line, lower, report) {
    forEachFound(lower, 'identified by', (at) => {
      const start = skipBlanks(line, at + 'identified by'.length)
      return isQuote(line[start]) ? reportLiteral(line, start, report) : start
    })
  },
}

/** HTTP credentials (RFC 6750, RFC 7617). Words after “bearer” and “basic” in prose are told apart by what tokens look like. */
const authorization: PatternRule = {
  triggers: ['bearer', 'basic'],
  scan(line, lower, report) {
    for (const scheme of authorization.triggers) {
      forEachFound(lower, scheme, (at) => {
        const start = skipBlanks(line, at + scheme.length)
        if (start === at + scheme.length || !startsWord(line, at, wordCharacter)) return start
        const end = runEnd(line, start, bearerCharacter, true)
        const token = line.slice(start, end)
        const isSecret =
          scheme === 'basic' ? isBasicCredentials(token) : token.length >= 20 || (token.length >= 8 && /\d/.test(token))
        if (isSecret) report(start, end)
        return end
      })
    }
  },
}

function isBasicCredentials(token: string): boolean {
  if (token.length < 4) return false
  try {
    return atob(token).includes(':')
  } catch {
    return false
  }
}

/** `scheme://user:password@host` (RFC 3986). */
const userInfo: PatternRule = {
  triggers: ['://'],
  scan(line, _lower, report) {
    forEachFound(line, '://', (at) => {
      const start = at + 3
      const end = runEnd(line, start, userInfoEnd, false)
      const authority = line.slice(start, end)
      const host = authority.lastIndexOf('@')
      const colon = authority.indexOf(':')
      if (colon >= 0 && colon < host - 1 && !isReference(line, start + colon + 1)) report(start + colon + 1, start + host)
      return end
    })
  },
}

// Fixed beginnings that providers publish for their credentials, and the least number of characters after them.
const keyPrefixes: readonly { readonly prefix: string; readonly lengthMin: number }[] = [
  { prefix: 'AKIA', lengthMin: 16 },
  { prefix: 'ASIA', lengthMin: 16 },
  { prefix: 'ghp_', lengthMin: 30 },
  { prefix: 'gho_', lengthMin: 30 },
  { prefix: 'ghu_', lengthMin: 30 },
  { prefix: 'ghs_', lengthMin: 30 },
  { prefix: 'ghr_', lengthMin: 30 },
  { prefix: 'github_pat_', lengthMin: 22 },
  { prefix: 'glpat-', lengthMin: 20 },
  { prefix: 'xoxb-', lengthMin: 10 },
  { prefix: 'xoxp-', lengthMin: 10 },
  { prefix: 'xoxa-', lengthMin: 10 },
  { prefix: 'xoxr-', lengthMin: 10 },
  { prefix: 'xoxs-', lengthMin: 10 },
  { prefix: 'AIza', lengthMin: 35 },
  { prefix: 'ya29.', lengthMin: 20 },
  { prefix: 'sk_live_', lengthMin: 20 },
  { prefix: 'rk_live_', lengthMin: 20 },
  { prefix: 'npm_', lengthMin: 36 },
  { prefix: 'hvs.', lengthMin: 20 },
  { prefix: 'dckr_pat_', lengthMin: 20 },
]

/** Keys of clouds and of the services around them. */
const providerKeys: PatternRule = {
  triggers: keyPrefixes.map(({ prefix }) => prefix.toLowerCase()),
  scan(line, _lower, report) {
    for (const { prefix, lengthMin } of keyPrefixes) {
      forEachFound(line, prefix, (at) => {
        if (!startsWord(line, at, tokenCharacter)) return at + prefix.length
        const end = runEnd(line, at + prefix.length, tokenCharacter, true)
        if (end - at - prefix.length >= lengthMin) report(at, end)
        return end
      })
    }
  },
}

/** All rules but PEM blocks, which span lines and are the stream's own business. */
export const patternRules: readonly PatternRule[] = [jwt, assignment, identifiedBy, authorization, userInfo, providerKeys]
