import type { ComparisonOperator, Expression, Lookup } from './expression.ts'
import type { JsonValue } from './model.ts'

/** Thrown inside this package when an expression has no value; becomes a failure of its step, with this message. */
export class ExpressionError extends Error {
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

/**
 * The value of an expression. Strings that come out of it are data: nothing ever parses them again.
 *
 * Throws `ExpressionError` where a name has no value or a comparison no sense.
 */
export function evaluateExpression(expression: Expression, lookup: Lookup): JsonValue {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'secret':
      throw new ExpressionError('A secret cannot be part of an expression.', 'Only the delegate opens secrets.')
    case 'path': {
      const found = lookup(expression.segments)
      if (!found.ok) throw new ExpressionError(found.message, found.hint)
      return found.value
    }
    case 'not':
      return !toBoolean(evaluateExpression(expression.operand, lookup))
    case 'logic': {
      const left = toBoolean(evaluateExpression(expression.left, lookup))
      if (expression.operator === '&&' ? !left : left) return left
      return toBoolean(evaluateExpression(expression.right, lookup))
    }
    case 'compare':
      return compare(
        expression.operator,
        evaluateExpression(expression.left, lookup),
        evaluateExpression(expression.right, lookup),
      )
  }
}

/** The truth of a value: `true`, `false`, and the texts of both. Anything else is an `ExpressionError`. */
export function toBoolean(value: JsonValue): boolean {
  if (typeof value === 'boolean') return value
  if (value === 'true') return true
  if (value === 'false') return false
  throw new ExpressionError(
    `A condition has to be true or false, but this one is ${describeValue(value)}.`,
    'Compare it with something.',
  )
}

/** A value as the text that stands in its place: texts as they are, lists and mappings as JSON. */
export function toText(value: JsonValue): string {
  if (typeof value === 'string') return value
  return value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function compare(operator: ComparisonOperator, left: JsonValue, right: JsonValue): boolean {
  if (operator === '==') return isSame(left, right)
  if (operator === '!=') return !isSame(left, right)
  const leftNumber = toNumber(left)
  const rightNumber = toNumber(right)
  if (leftNumber !== undefined && rightNumber !== undefined) return order(operator, leftNumber, rightNumber)
  if (typeof left === 'string' && typeof right === 'string') return order(operator, left, right)
  throw new ExpressionError(`${describeValue(left)} and ${describeValue(right)} cannot be compared with ${operator}.`)
}

function order<Ordered extends string | number>(operator: ComparisonOperator, left: Ordered, right: Ordered): boolean {
  if (operator === '<') return left < right
  if (operator === '<=') return left <= right
  if (operator === '>') return left > right
  return left >= right
}

/** Equal as values, or as number or boolean and its text: inputs from a command line are texts. */
function isSame(left: JsonValue, right: JsonValue): boolean {
  if (left === null || right === null) return left === right
  if (typeof left === 'object' || typeof right === 'object') return JSON.stringify(left) === JSON.stringify(right)
  if (typeof left === typeof right) return left === right
  if (typeof left === 'number' || typeof right === 'number')
    return toNumber(left) !== undefined && toNumber(left) === toNumber(right)
  return String(left) === String(right)
}

function toNumber(value: JsonValue): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^-?[0-9]+(?:\.[0-9]+)?$/.test(value) ? Number(value) : undefined
}

/** A value's kind for messages; never the value, which a log may not be meant to have. */
function describeValue(value: JsonValue): string {
  if (value === null) return 'nothing'
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a mapping'
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`
}
