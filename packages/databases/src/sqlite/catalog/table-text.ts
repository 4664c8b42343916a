/** A CREATE TABLE statement in its parts: what stands in the parentheses, and what follows them. */
export interface TableText {
  readonly columns: readonly TableItem[]
  /** Table constraints, without blanks that mean nothing. */
  readonly constraints: readonly string[]
  /** `WITHOUT ROWID`, `STRICT`, in capitals, sorted. */
  readonly options: readonly string[]
}

export interface TableItem {
  readonly name: string
  /** As it stands in the statement, without comments. */
  readonly text: string
}

interface Token {
  readonly text: string
  readonly kind: 'word' | 'quoted' | 'blank' | 'other'
}

/** Words and quoted names, strings, comments and blanks as one, everything else by the character. */
const pattern =
  /\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\p{L}\p{N}_$]+|[\s\S]/gu

function tokens(sql: string): Token[] {
  return [...sql.matchAll(pattern)].map(([text]) => {
    if (/^(?:\s|--|\/\*)/.test(text)) return { text: ' ', kind: 'blank' }
    if (/^['"`[]/.test(text) && text.length > 1) return { text, kind: 'quoted' }
    return { text, kind: /^[\p{L}\p{N}_$]/u.test(text) ? 'word' : 'other' }
  })
}

/** A statement without comments, with one blank where blanks are needed: two spellings of one text become equal. */
export function normalizeSql(sql: string): string {
  return joinTokens(tokens(sql))
}

function joinTokens(list: readonly Token[]): string {
  let text = ''
  let isPending = false
  for (const token of list) {
    if (token.kind === 'blank') {
      isPending = text !== ''
      continue
    }
    const needsBlank = isPending && !/[(,]$/.test(text) && !/^[),]/.test(token.text)
    text += needsBlank ? ` ${token.text}` : token.text
    isPending = false
  }
  return text
}

/** Takes a CREATE TABLE statement of `sqlite_schema` apart. */
export function parseTableText(sql: string): TableText {
  const list = tokens(sql)
  const open = list.findIndex(({ text }) => text === '(')
  const items: Token[][] = [[]]
  let depth = 1
  let at = open + 1
  for (; at < list.length && depth > 0; at++) {
    const token = list[at] as Token
    if (token.text === '(') depth++
    if (token.text === ')' && --depth === 0) break
    if (token.text === ',' && depth === 1) items.push([])
    else items.at(-1)?.push(token)
  }
  const columns: TableItem[] = []
  const constraints: string[] = []
  for (const item of items) {
    const text = joinTokens(item)
    const first = item.find(({ kind }) => kind !== 'blank')
    if (first === undefined) continue
    // Once constraints have begun, only ALTER TABLE ADD COLUMN puts columns behind them.
    if (first.kind === 'word' && /^(?:constraint|primary|unique|check|foreign)$/i.test(first.text)) constraints.push(text)
    else columns.push({ name: unquote(first.text), text })
  }
  const tail = joinTokens(list.slice(at + 1))
  const options = tail
    .toUpperCase()
    .split(',')
    .map((option) => option.trim().replace(/;$/, ''))
    .filter((option) => option !== '')
  return { columns, constraints: constraints.sort(), options: options.sort() }
}

function unquote(name: string): string {
  const quote = name[0] ?? ''
  if (quote === '[') return name.slice(1, -1)
  return /["'`]/.test(quote) ? name.slice(1, -1).replaceAll(quote + quote, quote) : name
}
