/**
 * Context, label and dbms expressions. `,` and `or` mean any, `and` binds tighter, `!` and `not` negate one name or a
 * parenthesis, `@name` has to be given at run time. Names are case-insensitive.
 */
export type Expression =
  | { readonly kind: 'name'; readonly name: string; readonly required: boolean }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }

export type ExpressionResult = { readonly expression: Expression | undefined } | { readonly problem: string; readonly at: number }

const nestingMax = 100

/** Parses an expression; an empty text has none, and matches everything. */
export function parseExpression(text: string): ExpressionResult {
  // What most changesets have.
  if (text === '') return { expression: undefined }
  const tokens = [...text.matchAll(/[(),!]|[^\s(),!]+/g)].map((match) => ({ text: match[0], at: match.index }))
  if (tokens.length === 0) return { expression: undefined }
  let next = 0
  let depth = 0

  const fail = (problem: string, at: number): never => {
    throw new ExpressionProblem(problem, at)
  }
  const isWord = (word: string): boolean => tokens[next]?.text.toLowerCase() === word
  const endAt = (): number => tokens[next]?.at ?? text.length

  const parseAny = (): Expression => {
    const parts = [parseAll()]
    while (isWord(',') || isWord('or')) {
      next++
      // A comma at the end, or two of them, are harmless.
      if (isWord(',') || next === tokens.length || isWord(')')) continue
      parts.push(parseAll())
    }
    return join('or', parts)
  }
  const parseAll = (): Expression => {
    const parts = [parseOne()]
    while (isWord('and')) {
      next++
      parts.push(parseOne())
    }
    return join('and', parts)
  }
  const parseOne = (): Expression => {
    if (++depth > nestingMax) fail('The expression is nested too deeply.', endAt())
    try {
      const token = tokens[next++]
      if (token === undefined) return fail('The expression ends where a name is expected.', text.length)
      const word = token.text.toLowerCase()
      if (word === '!' || word === 'not') return { kind: 'not', of: parseOne() }
      if (word === '(') {
        const inner = parseAny()
        if (!isWord(')')) fail('A parenthesis is not closed.', token.at)
        next++
        return inner
      }
      if (word === ')' || word === ',' || word === 'and' || word === 'or') {
        return fail(`A name is expected where "${token.text}" stands.`, token.at)
      }
      // Words side by side are one name with blanks in it, which is odd but allowed.
      let name = word
      while (isPlainWord(tokens[next]?.text)) name += ` ${tokens[next++]?.text.toLowerCase() ?? ''}`
      const required = name.startsWith('@')
      return { kind: 'name', name: required ? name.slice(1) : name, required }
    } finally {
      depth--
    }
  }

  try {
    while (isWord(',')) next++
    if (next === tokens.length) return { expression: undefined }
    const expression = parseAny()
    if (next < tokens.length) fail(`"${tokens[next]?.text}" stands where "and", "or" or a comma is expected.`, endAt())
    return { expression }
  } catch (error) {
    if (error instanceof ExpressionProblem) return { problem: error.message, at: error.at }
    throw error
  }
}

function isPlainWord(word: string | undefined): boolean {
  return word !== undefined && !/^(?:[(),!]|and|or)$/i.test(word)
}

class ExpressionProblem extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

function join(kind: 'and' | 'or', parts: readonly Expression[]): Expression {
  const [only] = parts
  return parts.length === 1 && only !== undefined ? only : { kind, parts }
}

/** Every name in an expression, in lower case. */
export function expressionNames(expression: Expression | undefined): readonly string[] {
  if (expression === undefined) return []
  if (expression.kind === 'name') return [expression.name]
  return expression.kind === 'not' ? expressionNames(expression.of) : expression.parts.flatMap(expressionNames)
}

/**
 * Whether an expression holds for a set of lower-case names. With an empty set everything holds, even `!x`; only a required
 * name (`@x`) does not.
 */
export function evaluateExpression(expression: Expression | undefined, names: ReadonlySet<string>): boolean {
  if (expression === undefined) return true
  if (names.size === 0) return !hasRequiredName(expression)
  return evaluate(expression, names)
}

function evaluate(expression: Expression, names: ReadonlySet<string>): boolean {
  if (expression.kind === 'name') return names.has(expression.name)
  if (expression.kind === 'not') return !evaluate(expression.of, names)
  return expression.kind === 'and'
    ? expression.parts.every((part) => evaluate(part, names))
    : expression.parts.some((part) => evaluate(part, names))
}

/** Whether nothing can hold without names: an alternative without a required name keeps an `or` true, and a negation always holds. */
function hasRequiredName(expression: Expression): boolean {
  if (expression.kind === 'name') return expression.required
  if (expression.kind === 'not') return false
  return expression.kind === 'and' ? expression.parts.some(hasRequiredName) : expression.parts.every(hasRequiredName)
}

/** Whether a changeset's contexts, its own and inherited, all hold for the contexts given at run time. */
export function matchesContexts(contexts: readonly (string | undefined)[], given: readonly string[]): boolean {
  if (contexts.every((text) => text === undefined || text === '')) return true
  const names = new Set(given.map((name) => name.trim().toLowerCase()).filter((name) => name !== ''))
  return contexts.every((text) => {
    const parsed = parseExpression(text ?? '')
    return 'problem' in parsed ? false : evaluateExpression(parsed.expression, names)
  })
}

/** Whether the label filter given at run time holds for each set of labels. A changeset without labels always matches. */
export function matchesLabels(labelSets: readonly (readonly string[])[], filter: string | undefined): boolean {
  if (filter === undefined || filter === '') return true
  const parsed = parseExpression(filter ?? '')
  if ('problem' in parsed) return false
  return labelSets.every((labels) => {
    if (labels.length === 0 || parsed.expression === undefined) return true
    return evaluate(parsed.expression, new Set(labels.map((label) => label.toLowerCase())))
  })
}

/** Whether a `dbms` list (`postgresql, !h2`, `all`, `none`) includes a database by its short name; case does not count. */
export function matchesDbms(list: string | undefined, dbms: string): boolean {
  return matchesChangeDbms(list?.toLowerCase(), dbms)
}

/**
 * The same for the `dbms` of a single change, where Liquibase compares case: it neither runs `dbms: PostgreSQL` on PostgreSQL nor
 * counts it in the checksum.
 */
export function matchesChangeDbms(list: string | undefined, dbms: string): boolean {
  if (list === undefined || list === '') return true
  const names = (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (names.length === 0 || names.includes('all')) return true
  if (names.includes('none')) return false
  const wanted = dbms.toLowerCase()
  if (names.includes(`!${wanted}`)) return false
  return names.includes(wanted) || names.every((name) => name.startsWith('!'))
}
