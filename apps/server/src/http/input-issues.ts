import { didYouMean } from '@sluice/base'
import type { IssueView } from '@sluice/contract'
import { z } from 'zod'

type Part = 'params' | 'query' | 'body'

/** The most that anybody reads at once. */
const issuesMax = 100

/** Checks one part of a request: its value as the schema gives it (defaults filled in), or all of its problems. */
export function checkInput(
  part: Part,
  schema: z.ZodType,
  value: unknown,
  options: { /** Whether the handler makes texts storable itself. */ readonly anyText?: boolean } = {},
): { value: unknown; issues: IssueView[] } {
  const issues: IssueView[] = []
  // Elsewhere a field that nobody knows is an error of the schema itself (strict objects); a query is the one loose part.
  if (part === 'query' && schema instanceof z.ZodObject) {
    const known = Object.keys(schema.shape)
    for (const name of Object.keys(value as object)) if (!known.includes(name)) issues.push(unknownField(['query'], name, known))
  }
  if (options.anyText !== true) collectUnstorable(part, value, [], issues)
  const result = schema.safeParse(value)
  if (!result.success) issues.push(...result.error.issues.flatMap((issue) => describeIssue(part, schema, issue)))
  return { value: result.data, issues: issues.slice(0, issuesMax) }
}

function describeIssue(part: Part, schema: z.ZodType, issue: z.core.$ZodIssue): IssueView[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)))
  const shown = part === 'body' ? path : [part, ...path]
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, path)
    return issue.keys.map((key) => unknownField(shown, key, known))
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return [{ path: shown, code: 'INVALID_UNION', message: `${label(shown)} is of none of the allowed forms.` }]
  }
  return [{ path: shown, code: issue.code.toUpperCase(), message: `${label(shown)}: ${sentence(issue.message)}` }]
}

function unknownField(path: (string | number)[], name: string, known: readonly string[]): IssueView {
  const near = didYouMean(name, known)
  return {
    path: [...path, name],
    code: 'UNKNOWN_FIELD',
    message: `The field "${name.slice(0, 80)}" is not known${path.length === 0 ? '' : ` in ${label(path)}`}.`,
    hint: near === undefined ? (known.length > 0 ? `Known here: ${known.join(', ')}.` : 'Remove it.') : `Did you mean "${near}"?`,
  }
}

function label(path: readonly (string | number)[]): string {
  return path.length === 0 ? 'The body' : `"${path.join('.')}"`
}

function sentence(message: string): string {
  const text = message.trim()
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** The fields that a schema knows at a path, for "did you mean". Alternatives count together. */
function knownKeys(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  let candidates: z.ZodType[] = [schema]
  for (const step of [...path, undefined]) {
    candidates = candidates.flatMap(unwrap)
    if (step === undefined) break
    candidates = candidates.flatMap((candidate) => {
      if (candidate instanceof z.ZodObject) return (candidate.shape as Record<string, z.ZodType>)[String(step)] ?? []
      if (candidate instanceof z.ZodArray) return candidate.element as z.ZodType
      if (candidate instanceof z.ZodRecord) return candidate.valueType as z.ZodType
      return []
    })
  }
  return [...new Set(candidates.flatMap((candidate) => (candidate instanceof z.ZodObject ? Object.keys(candidate.shape) : [])))]
}

function unwrap(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return unwrap(schema.unwrap() as z.ZodType)
  }
  if (schema instanceof z.ZodUnion) return (schema.options as z.ZodType[]).flatMap(unwrap)
  return [schema]
}

/** PostgreSQL stores neither NUL nor lone surrogates: say so instead of failing in the middle of a write. */
function collectUnstorable(part: Part, value: unknown, path: (string | number)[], issues: IssueView[]): void {
  if (typeof value === 'string') {
    if (!value.includes('\0') && value.isWellFormed()) return
    const shown = part === 'body' ? path : [part, ...path]
    issues.push({
      path: shown,
      code: 'TEXT_INVALID',
      message: `${label(shown)} holds a NUL character or half of a surrogate pair, which no text may.`,
    })
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => collectUnstorable(part, item, [...path, index], issues))
  } else if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (key.includes('\0') || !key.isWellFormed()) {
        issues.push({
          path,
          code: 'TEXT_INVALID',
          message: 'The name of a field holds a NUL character or half of a surrogate pair.',
        })
      }
      collectUnstorable(part, item, [...path, key], issues)
    }
  }
}
