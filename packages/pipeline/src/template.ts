import type { ExpressionProblem, Lookup } from './expression.ts'
import { secretsOf } from './expression.ts'
import { evaluateExpression, ExpressionError, toText } from './evaluate-expression.ts'
import type { EvaluatedPart, JsonValue, Part, Place, Template } from './model.ts'
import { parseBracketed, parseExpression } from './parse-expression.ts'

/** Characters of one text field. */
export const templateLengthMax = 65_536
/** Characters of a text whose expressions are evaluated, such as a script with outputs of earlier steps in it. */
const partsLengthMax = 262_144
const partsMax = 256

export interface TemplateResult {
  readonly template: Template
  readonly problems: readonly (ExpressionProblem & { readonly place: Place })[]
}

/**
 * Splits a text that a user wrote into parts. This is the only place where `<+` is looked for, and it sees only what stands in the
 * user's YAML.
 *
 * @param placeOf the place of the n-th `<+` of the text, from 0.
 */
export function parseTemplate(text: string, placeOf: (opening: number) => Place): TemplateResult {
  const parts: Part[] = []
  const problems: (ExpressionProblem & { place: Place })[] = []
  let position = 0
  let opening = 0
  for (;;) {
    const start = text.indexOf('<+', position)
    if (start < 0 || problems.length > 0) break
    if (start > position) parts.push({ kind: 'text', text: text.slice(position, start) })
    const place = placeOf(opening)
    const result = parseBracketed(text, start + 2)
    if (!result.ok) {
      problems.push({ ...result.problem, place: after(place, text.slice(start, result.problem.offset)) })
      break
    }
    const { expression, end } = result
    if (expression.kind === 'secret') parts.push({ kind: 'secret', ref: expression.ref })
    else {
      if (secretsOf(expression).length > 0) {
        const message = 'A secret cannot be part of an expression.'
        problems.push({
          code: 'EXPRESSION_SECRET',
          message,
          offset: start,
          place,
          hint: 'Let <+secrets.getValue("id")> stand alone.',
        })
      }
      parts.push({ kind: 'expression', expression: text.slice(start + 2, end - 1).trim(), place })
    }
    opening += text.slice(start, end).split('<+').length - 1
    position = end
    if (parts.length > partsMax) {
      problems.push({ code: 'EXPRESSION_TOO_LONG', message: `A text has more than ${partsMax} parts.`, offset: start, place })
    }
  }
  if (position < text.length) parts.push({ kind: 'text', text: text.slice(position) })
  return { template: parts, problems }
}

/** Moves a place on by what stands between; a problem in a later line of a folded text keeps the opening's place. */
function after(place: Place, between: string): Place {
  return between.includes('\n') ? place : { line: place.line, column: place.column + between.length }
}

/** The text of a template that has nothing but text, or undefined. */
export function staticText(template: Template): string | undefined {
  let text = ''
  for (const part of template) {
    if (part.kind !== 'text') return undefined
    text += part.text
  }
  return text
}

/**
 * The value of a template without secrets: of one single expression its value as it is, else a text. What was substituted is not
 * looked at again.
 *
 * Throws `ExpressionError`.
 */
export function evaluateTemplate(template: Template, lookup: Lookup): JsonValue {
  const [only] = template
  if (template.length === 1 && only?.kind === 'expression') return evaluateSource(only.expression, lookup)
  let text = ''
  for (const part of template) {
    if (part.kind === 'secret') throw new ExpressionError('A secret cannot stand in this field.')
    if (part.kind === 'text') text += part.text
    else {
      const value = evaluateSource(part.expression, lookup)
      if (value === null) throw new ExpressionError(`<+${part.expression}> has no value.`)
      text += toText(value)
    }
    if (text.length > templateLengthMax) throw new ExpressionError(`The text has more than ${templateLengthMax} characters.`)
  }
  return text
}

/**
 * The parts of a template whose field may hold secrets: expressions become text, secret references stay references for the
 * delegate. A text that looks like a reference stays text.
 *
 * Throws `ExpressionError`.
 */
export function evaluateParts(template: Template, lookup: Lookup): EvaluatedPart[] {
  let length = 0
  return template.map((part) => {
    const evaluated = part.kind === 'expression' ? evaluatePart(part.expression, lookup) : part
    length += evaluated.kind === 'text' ? evaluated.text.length : 0
    if (length > partsLengthMax) throw new ExpressionError(`The text has more than ${partsLengthMax} characters.`)
    return evaluated
  })
}

/**
 * The secrets that a template names, itself or by variables of type Secret, whatever its other expressions are worth: those may not
 * have a value yet.
 */
export function secretRefsOf(template: Template, lookup: Lookup): string[] {
  return template.flatMap((part) => {
    if (part.kind === 'secret') return [part.ref]
    return part.kind === 'expression' ? (secretRefOf(part.expression, lookup) ?? []) : []
  })
}

/** The secret that an expression is, being nothing but the name of a variable of type Secret. */
function secretRefOf(source: string, lookup: Lookup): string | undefined {
  const secret = secretPartOf(source, lookup)
  return secret?.kind === 'secret' ? secret.ref : undefined
}

/** A secret that an expression names and is nothing but the name of: a variable's, or an earlier step's output. */
function secretPartOf(source: string, lookup: Lookup): EvaluatedPart | undefined {
  const parsed = parseExpression(source)
  if (!parsed.ok || parsed.expression.kind !== 'path') return undefined
  const found = lookup(parsed.expression.segments)
  if (found.ok) return undefined
  if (found.secretRef !== undefined) return { kind: 'secret', ref: found.secretRef }
  return found.secretOutput === undefined ? undefined : { kind: 'secretOutput', ...found.secretOutput }
}

function evaluatePart(source: string, lookup: Lookup): EvaluatedPart {
  const secret = secretPartOf(source, lookup)
  if (secret !== undefined) return secret
  const value = evaluateSource(source, lookup)
  if (value === null) throw new ExpressionError(`<+${source}> has no value.`)
  return { kind: 'text', text: toText(value) }
}

/** The value of an expression's source. Throws `ExpressionError`. */
export function evaluateSource(source: string, lookup: Lookup): JsonValue {
  const parsed = parseExpression(source)
  if (!parsed.ok) throw new ExpressionError(parsed.problem.message, parsed.problem.hint)
  return evaluateExpression(parsed.expression, lookup)
}
