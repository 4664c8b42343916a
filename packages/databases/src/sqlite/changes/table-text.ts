/** The text of a CREATE TABLE of SQLite, taken apart so that single parts can be changed and everything else stays as it was. */
export interface TableText {
  /** `CREATE TABLE name (`, without the parenthesis. */
  readonly head: string
  readonly items: readonly TableItem[]
  /** What follows the closing parenthesis: `WITHOUT ROWID`, `STRICT`. */
  readonly tail: string
}

export type TableItem =
  | {
      readonly kind: 'column'
      readonly name: string
      readonly written: string
      readonly type: string
      readonly clauses: readonly string[]
    }
  | { readonly kind: 'constraint'; readonly text: string; readonly type: ConstraintType; readonly columns: readonly string[] }

export type ConstraintType = 'PRIMARY KEY' | 'UNIQUE' | 'CHECK' | 'FOREIGN KEY'

interface Token {
  readonly text: string
  /** Upper case for words outside of quotes; the character itself for symbols; `''` for quoted texts. */
  readonly word: string
  readonly depth: number
  /** Blanks and comments before it. */
  readonly before: string
}

/** Takes a CREATE TABLE apart; undefined when it is none with columns (a virtual table, CREATE TABLE … AS). */
export function parseTableText(sql: string): TableText | undefined {
  const tokens = tokenize(sql)
  const open = tokens.findIndex((token) => token.word === '(')
  const close = tokens.findLastIndex((token) => token.word === ')' && token.depth === 1)
  if (open === -1 || close <= open || tokens[0]?.word !== 'CREATE' || !tokens.some((token) => token.word === 'TABLE'))
    return undefined
  const items: TableItem[] = []
  let from = open + 1
  for (let at = open + 1; at <= close; at++) {
    const token = tokens[at]
    if (at !== close && !(token?.word === ',' && token.depth === 1)) continue
    items.push(parseItem(tokens.slice(from, at)))
    from = at + 1
  }
  return { head: join(tokens.slice(0, open)).trim(), items, tail: join(tokens.slice(close + 1)).trim() }
}

/** The text again, under another name. */
export function formatTableText(table: TableText, name: string): string {
  const items = table.items.map((item) =>
    item.kind === 'constraint' ? item.text : [item.written, item.type, ...item.clauses].filter(Boolean).join(' '),
  )
  return `CREATE TABLE ${name} (${items.join(', ')})${table.tail === '' ? '' : ` ${table.tail}`}`
}

/** A name without its quotes. */
export function bareName(written: string): string {
  const first = written[0]
  if (first === '[') return written.slice(1, -1)
  if (first !== '"' && first !== '`' && first !== "'") return written
  return written.slice(1, -1).replaceAll(first + first, first)
}

/** The names in a text, without their quotes and in lower case: what an index or constraint may refer to. */
export function namesIn(sql: string): ReadonlySet<string> {
  return new Set(tokenize(sql).map((token) => bareName(token.text).toLowerCase()))
}

/** What a clause of a column begins with: `NOT NULL`, `DEFAULT`, `PRIMARY KEY`, …, a constraint's name left out. */
export function clauseKind(clause: string): string {
  const words = tokenize(clause).map((token) => token.word)
  const start = words[0] === 'CONSTRAINT' ? 2 : 0
  const [first = '', second = ''] = words.slice(start)
  return first === 'NOT' || first === 'PRIMARY' ? `${first} ${second}` : first
}

const constraintStarts = new Set(['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN'])
const clauseStarts = new Set([
  'CONSTRAINT',
  'PRIMARY',
  'NOT',
  'NULL',
  'UNIQUE',
  'CHECK',
  'DEFAULT',
  'COLLATE',
  'REFERENCES',
  'GENERATED',
  'AS',
])

function parseItem(tokens: readonly Token[]): TableItem {
  const first = tokens[0]
  if (first !== undefined && constraintStarts.has(first.word)) return parseConstraint(tokens)
  const starts: number[] = []
  for (let at = 1; at < tokens.length; at++) if (startsClause(tokens, at)) starts.push(at)
  const clauses = starts.map((start, index) => join(tokens.slice(start, starts[index + 1])).trim())
  return {
    kind: 'column',
    name: bareName(first?.text ?? ''),
    written: first?.text ?? '',
    type: join(tokens.slice(1, starts[0] ?? tokens.length)).trim(),
    clauses,
  }
}

/** A word that begins a clause, unless it belongs to the one before: `NOT NULL`, `DEFAULT NULL`, `SET DEFAULT`, `NOT DEFERRABLE`. */
function startsClause(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at]
  if (token === undefined || token.depth !== 1 || !clauseStarts.has(token.word)) return false
  const before = tokens[at - 1]?.word ?? ''
  if (tokens[at - 2]?.word === 'CONSTRAINT' || before === 'CONSTRAINT') return false
  if (token.word === 'NULL') return !['NOT', 'DEFAULT', 'SET'].includes(before)
  if (token.word === 'DEFAULT') return before !== 'SET'
  if (token.word === 'NOT') return tokens[at + 1]?.word !== 'DEFERRABLE'
  return token.word !== 'AS' || before !== 'ALWAYS'
}

function parseConstraint(tokens: readonly Token[]): TableItem {
  const start = tokens[0]?.word === 'CONSTRAINT' ? 2 : 0
  const word = tokens[start]?.word
  const type: ConstraintType =
    word === 'PRIMARY' ? 'PRIMARY KEY' : word === 'FOREIGN' ? 'FOREIGN KEY' : word === 'UNIQUE' ? 'UNIQUE' : 'CHECK'
  const open = tokens.findIndex((token, index) => index >= start && token.word === '(')
  const columns: string[] = []
  for (let at = open + 1; at < tokens.length && tokens[at]?.word !== ')'; at++) {
    const previous = tokens[at - 1]?.word
    if (previous === '(' || previous === ',') columns.push(bareName(tokens[at]?.text ?? ''))
  }
  return { kind: 'constraint', text: join(tokens).trim(), type, columns: type === 'CHECK' ? [] : columns }
}

function join(tokens: readonly Token[]): string {
  return tokens.map((token) => token.before + token.text).join('')
}

const tokenPattern =
  /((?:\s+|--[^\n]*(?:\n|$)|\/\*.*?(?:\*\/|$))*)('(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\p{L}\p{N}_$]+|.)/gsuy

/** The tokens of a text. Parentheses carry the depth that they open or close. */
function tokenize(sql: string): readonly Token[] {
  const tokens: Token[] = []
  let depth = 0
  for (const match of sql.matchAll(tokenPattern)) {
    const [, before = '', text = ''] = match
    if (text === '(') depth++
    const word = /^[\p{L}_]/u.test(text) ? text.toUpperCase() : /^['"`[]/.test(text) ? '' : text
    tokens.push({ text, word, depth, before })
    if (text === ')') depth--
  }
  return tokens
}
