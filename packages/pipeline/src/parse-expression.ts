import type { ComparisonOperator, Expression, ExpressionProblem, ExpressionResult } from './expression.ts'

/** Characters of one expression. */
export const expressionLengthMax = 4096
const depthMax = 32
const segmentsMax = 32

/** A secret's name with its scope: plain is the project's, `org.` and `account.` are the wider ones. */
export const secretRefPattern = /^(?:account\.|org\.)?[a-zA-Z_][0-9a-zA-Z_$]{0,127}$/

/** Parses what stands between `<+` and `>`; `start` is behind the `<+`, the result's `end` behind the `>`. */
export function parseBracketed(text: string, start: number): ExpressionResult {
  return run(text, start, true)
}

/** Parses a whole text as one expression, such as a condition or what an `ExpressionPart` carries. */
export function parseExpression(text: string): ExpressionResult {
  return run(text, 0, false)
}

function run(text: string, start: number, bracketed: boolean): ExpressionResult {
  const parser = new Parser(text, start)
  try {
    const expression = bracketed ? parser.bracketed() : parser.whole()
    return { ok: true, expression, end: parser.position }
  } catch (error) {
    if (error instanceof SyntaxProblem) return { ok: false, problem: error.problem }
    throw error
  }
}

class SyntaxProblem extends Error {
  readonly problem: ExpressionProblem

  constructor(problem: ExpressionProblem) {
    super(problem.message)
    this.problem = problem
  }
}

const comparisons: readonly ComparisonOperator[] = ['==', '!=', '<=', '>=', '<', '>']

/**
 * `or := and ('||' and)*`, `and := compare ('&&' compare)*`, `compare := unary (operator unary)?`,
 * `unary := '!' unary | '(' or ')' | '<+' or '>' | literal | path`.
 *
 * Directly inside `<+ … >` a `>` closes; the comparison has to stand in parentheses there.
 */
class Parser {
  readonly #text: string
  readonly #start: number
  /** For each open bracket whether `>` closes it. */
  readonly #brackets: boolean[] = []
  position: number
  #depth = 0

  constructor(text: string, start: number) {
    this.#text = text
    this.#start = start
    this.position = start
  }

  whole(): Expression {
    const expression = this.#or()
    this.#space()
    if (this.position < this.#text.length) {
      this.#fail('EXPRESSION_SYNTAX', `The expression should end before "${this.#rest()}".`, ...this.#hintAtLeftover())
    }
    return expression
  }

  bracketed(): Expression {
    this.#brackets.push(true)
    const expression = this.#or()
    this.#brackets.pop()
    this.#space()
    if (this.#text.charAt(this.position) !== '>') {
      if (this.position >= this.#text.length) this.#fail('EXPRESSION_SYNTAX', 'The expression has no ">" at its end.')
      this.#fail('EXPRESSION_SYNTAX', `The expression should end with ">" before "${this.#rest()}".`, ...this.#hintAtLeftover())
    }
    this.position += 1
    return expression
  }

  #or(): Expression {
    this.#enter()
    let left = this.#and()
    while (this.#take('||')) left = this.#deeper({ kind: 'logic', operator: '||', left, right: this.#and() })
    this.#depth -= 1
    return left
  }

  #and(): Expression {
    let left = this.#compare()
    while (this.#take('&&')) left = this.#deeper({ kind: 'logic', operator: '&&', left, right: this.#compare() })
    return left
  }

  #compare(): Expression {
    const left = this.#unary()
    const operator = this.#comparison()
    if (operator === undefined) return left
    const right = this.#unary()
    const behind = this.position
    if (this.#comparison() !== undefined) {
      this.position = behind
      this.#fail('EXPRESSION_SYNTAX', 'Comparisons cannot be chained.', 'Use && between them.')
    }
    return { kind: 'compare', operator, left, right }
  }

  #comparison(): ComparisonOperator | undefined {
    this.#space()
    if (this.#text.startsWith('<+', this.position)) return undefined
    return comparisons.find((operator) => {
      if (operator.startsWith('>') && this.#brackets.at(-1) === true) return false
      return this.#take(operator)
    })
  }

  #unary(): Expression {
    this.#enter()
    const expression = this.#primary()
    this.#depth -= 1
    return expression
  }

  #primary(): Expression {
    this.#space()
    const char = this.#text.charAt(this.position)
    if (char === '!') {
      this.position += 1
      return { kind: 'not', operand: this.#unary() }
    }
    if (char === '(') {
      this.position += 1
      this.#brackets.push(false)
      const inner = this.#or()
      this.#brackets.pop()
      if (!this.#take(')')) this.#fail('EXPRESSION_SYNTAX', 'A "(" has no ")".')
      return inner
    }
    if (this.#text.startsWith('<+', this.position)) {
      this.position += 2
      return this.bracketed()
    }
    if (char === '"' || char === "'") return { kind: 'literal', value: this.#string(char) }
    if (/[0-9-]/.test(char)) return { kind: 'literal', value: this.#number() }
    if (/[a-zA-Z_$]/.test(char)) return this.#path()
    const found = this.position >= this.#text.length ? 'the end' : `"${this.#rest()}"`
    return this.#fail('EXPRESSION_SYNTAX', `The expression needs a value before ${found}.`)
  }

  #path(): Expression {
    const offset = this.position
    const segments = [this.#name()]
    for (;;) {
      if (this.#text.charAt(this.position) === '.') {
        this.position += 1
        segments.push(this.#name())
      } else if (this.#text.charAt(this.position) === '[') {
        this.position += 1
        this.#space()
        const char = this.#text.charAt(this.position)
        segments.push(char === '"' || char === "'" ? this.#string(char) : String(this.#number()))
        if (!this.#take(']')) this.#fail('EXPRESSION_SYNTAX', 'A "[" has no "]".')
      } else break
      if (segments.length > segmentsMax) this.#fail('EXPRESSION_TOO_LONG', `A name has more than ${segmentsMax} parts.`)
    }
    if (this.#text.charAt(this.position) === '(') return this.#call(segments, offset)
    if (segments.length === 1) {
      if (segments[0] === 'true') return { kind: 'literal', value: true }
      if (segments[0] === 'false') return { kind: 'literal', value: false }
      if (segments[0] === 'null') return { kind: 'literal', value: null }
    }
    if (segments[0] === 'secrets') this.#fail('EXPRESSION_SECRET', ...secretForm)
    return { kind: 'path', segments, offset }
  }

  #call(segments: readonly string[], offset: number): Expression {
    if (segments[0] === 'secrets') {
      if (segments.length !== 2 || segments[1] !== 'getValue') this.#fail('EXPRESSION_SECRET', ...secretForm)
      this.position += 1
      this.#space()
      const char = this.#text.charAt(this.position)
      if (char !== '"' && char !== "'") this.#fail('EXPRESSION_SECRET', ...secretForm)
      const ref = this.#string(char)
      if (!this.#take(')')) this.#fail('EXPRESSION_SECRET', ...secretForm)
      if (!secretRefPattern.test(ref)) {
        this.#fail('EXPRESSION_SECRET', 'The name of the secret is not one that a secret can have.', secretForm[1])
      }
      return { kind: 'secret', ref, offset }
    }
    const name = segments.join('.')
    return this.#fail(
      'EXPRESSION_FUNCTION',
      `Functions are not supported here: "${name.slice(0, 60)}(…)".`,
      'Names, texts, numbers, comparisons, &&, || and ! are.',
    )
  }

  #name(): string {
    const match = /[a-zA-Z_$][\w$-]*/y
    match.lastIndex = this.position
    const found = match.exec(this.#text)
    if (found === null) return this.#fail('EXPRESSION_SYNTAX', 'A "." has no name behind it.')
    this.position += found[0].length
    return found[0]
  }

  #number(): number {
    const match = /-?[0-9]+(?:\.[0-9]+)?/y
    match.lastIndex = this.position
    const found = match.exec(this.#text)
    const value = found === null ? Number.NaN : Number(found[0])
    if (found === null || !Number.isFinite(value))
      return this.#fail('EXPRESSION_SYNTAX', 'The expression has a number that is none.')
    this.position += found[0].length
    return value
  }

  #string(quote: string): string {
    let value = ''
    for (let index = this.position + 1; index < this.#text.length; index++) {
      const char = this.#text.charAt(index)
      if (char === quote) {
        this.position = index + 1
        return value
      }
      if (char === '\\') {
        index += 1
        const escaped = this.#text.charAt(index)
        value += escaped === 'n' ? '\n' : escaped === 't' ? '\t' : escaped
      } else value += char
      if (value.length > expressionLengthMax) break
    }
    return this.#fail('EXPRESSION_SYNTAX', `A text has no ${quote} at its end.`)
  }

  /** A chain of `&&` is a deep tree too; evaluation recurses over it. */
  #deeper(expression: Expression): Expression {
    let depth = 0
    for (let node: Expression = expression; node.kind === 'logic'; node = node.left) depth += 1
    if (depth > depthMax * 4)
      this.#fail('EXPRESSION_TOO_DEEP', `The expression has more than ${depthMax * 4} operators in a row.`)
    return expression
  }

  #enter(): void {
    this.#depth += 1
    // Two levels of the grammar are one of the user's.
    if (this.#depth > depthMax * 2)
      this.#fail('EXPRESSION_TOO_DEEP', `The expression is nested more than ${depthMax} levels deep.`)
    if (this.position - this.#start > expressionLengthMax) {
      this.#fail('EXPRESSION_TOO_LONG', `The expression has more than ${expressionLengthMax} characters.`)
    }
  }

  #space(): void {
    while (/\s/.test(this.#text.charAt(this.position))) this.position += 1
  }

  #take(token: string): boolean {
    this.#space()
    if (!this.#text.startsWith(token, this.position)) return false
    this.position += token.length
    return true
  }

  #rest(): string {
    const rest = this.#text.slice(this.position, this.position + 24).replaceAll(/\s+/g, ' ')
    return this.position + 24 < this.#text.length ? `${rest}…` : rest
  }

  #hintAtLeftover(): [] | [string] {
    const rest = this.#text.slice(this.position)
    if (/^[=](?!=)/.test(rest))
      return ['Compare with ==, and write <+(a >= b)> in parentheses where the brackets hold a comparison with >.']
    if (/^[+*/?-]/.test(rest)) return ['Only comparisons, &&, || and ! can join values.']
    if (/^[&|]/.test(rest)) return ['The operators are && and ||.']
    if (/^(?:and|or|not)\b/i.test(rest)) return ['The operators are &&, || and !.']
    return []
  }

  #fail(code: string, message: string, hint?: string): never {
    throw new SyntaxProblem({
      code,
      message,
      offset: Math.min(this.position, this.#text.length),
      ...(hint === undefined ? {} : { hint }),
    })
  }
}

const secretForm = [
  'A secret is referred to in another way.',
  'Write <+secrets.getValue("id")>, with org. or account. before the id for a wider scope.',
] as const
