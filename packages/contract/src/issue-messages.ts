import { z } from 'zod'

/*
 * What zod says of a value, in sentences that stand behind the name of the field: people read them at a terminal and in the web UI. What is
 * not here keeps zod's own words.
 */
const fallback = z.config().localeError
z.config({
  localeError: (issue) => describe(issue) ?? fallback?.(issue),
})

function describe(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'It is missing.'
      if (issue.expected === 'int' && typeof issue.input === 'number') return 'It has to be a whole number.'
      return `It has to be ${nameOf(issue.expected)}, not ${nameOf(typeOf(issue.input))}.`
    case 'invalid_value':
      if (issue.input === undefined) return `It is missing; it can be ${issue.values.map(String).join(', ')}.`
      return `It has to be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}.`
    case 'too_small':
      return `It has to ${boundOf(issue.origin, `at least ${String(issue.minimum)}`, Number(issue.minimum))}.`
    case 'too_big':
      return `It has to ${boundOf(issue.origin, `at most ${String(issue.maximum)}`, Number(issue.maximum))}.`
    case 'unrecognized_keys':
      return `${issue.keys.length === 1 ? 'The field' : 'The fields'} ${issue.keys.map((key) => `"${key}"`).join(', ')} ${issue.keys.length === 1 ? 'is' : 'are'} not known here.`
    case 'invalid_union':
      return Array.isArray(issue['options']) ? `It has to be one of ${issue['options'].join(', ')}.` : undefined
    default:
      return undefined
  }
}

function boundOf(origin: string, bound: string, count: number): string {
  if (origin === 'string') return `have ${bound} ${count === 1 ? 'character' : 'characters'}`
  if (origin === 'array' || origin === 'set') return `have ${bound} ${count === 1 ? 'entry' : 'entries'}`
  return `be ${bound}`
}

function typeOf(input: unknown): string {
  if (input === null) return 'null'
  if (Array.isArray(input)) return 'array'
  if (typeof input === 'number') return Number.isNaN(input) ? 'NaN' : 'number'
  return typeof input
}

const names: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  NaN: 'something else',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  null: 'null',
}

function nameOf(type: string): string {
  return names[type] ?? type
}
