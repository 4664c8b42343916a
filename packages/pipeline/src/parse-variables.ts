import { fieldTables } from './fields.ts'
import type { Place, Template, Variable, VariableType } from './model.ts'
import { secretRefPattern } from './parse-expression.ts'
import { quote } from './report.ts'
import { staticText } from './template.ts'
import type { YamlNode, YamlScalar } from './yaml-node.ts'
import { identifierPattern } from './yaml-reader.ts'
import type { YamlReader } from './yaml-reader.ts'

/** Variables of one scope; their values may refer to each other in a chain, which evaluation recurses over. */
const variablesMax = 300

const numberPattern = /^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?$/

/** The number that a text is, or undefined. */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim()
  const value = numberPattern.test(trimmed) ? Number(trimmed) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}

/** The `variables` of a pipeline, a stage or a step group. `owner` names which, for messages. */
export function parseVariables(reader: YamlReader, node: YamlNode | undefined, owner: string): Variable[] {
  const variables: Variable[] = []
  const seen = new Map<string, Place>()
  const items = reader.list(node, `"variables" of ${owner}`)?.items ?? []
  if (items.length > variablesMax) {
    const message = `There are ${items.length} variables of ${owner}; at most ${variablesMax} are possible.`
    reader.report.error('PIPELINE_TOO_LARGE', message, node?.place)
    reader.incomplete = true
    return []
  }
  for (const item of items) {
    const variable = parseVariable(reader, item, owner)
    if (variable === undefined) {
      reader.incomplete = true
      continue
    }
    const earlier = seen.get(variable.name)
    if (earlier !== undefined) {
      const message = `The variable ${quote(variable.name)} of ${owner} is declared twice; the first is in line ${earlier.line}.`
      reader.report.error('PIPELINE_DUPLICATE', message, variable.place, 'Remove or rename one of them.')
      continue
    }
    seen.set(variable.name, variable.place)
    variables.push(variable)
  }
  return variables
}

function parseVariable(reader: YamlReader, item: YamlNode, owner: string): Variable | undefined {
  const map = reader.map(item, `A variable of ${owner}`)
  if (map === undefined) return undefined
  const fields = reader.fields(map, fieldTables.variable, 'a variable')
  const nameNode = fields.get('name')
  const name = reader.plainText(nameNode, `The name of a variable of ${owner}`)
  if (name === undefined) {
    if (nameNode === undefined) reader.report.error('PIPELINE_MISSING_FIELD', `A variable of ${owner} needs a name.`, map.place)
    return undefined
  }
  const place = nameNode?.place ?? map.place
  const what = `The variable ${quote(name)}`
  if (!identifierPattern.test(name)) {
    const hint = 'Use letters, digits, _ and $, at most 128, and begin with a letter or _.'
    reader.report.error('PIPELINE_IDENTIFIER', `${quote(name)} cannot be the name of a variable.`, place, hint)
    return undefined
  }
  const types: readonly VariableType[] = ['String', 'Number', 'Secret']
  const type = fields.has('type') ? reader.choice(fields.get('type'), `The type of variable ${quote(name)}`, types) : 'String'
  if (type === undefined) return undefined

  const written = parseValue(reader, fields.get('value'), type, what)
  const fallback = parseTyped(
    reader,
    reader.text(fields.get('default'), `The default of ${what}`),
    type,
    `The default of ${what}`,
  )
  if (written.input && written.value !== undefined && fallback !== undefined) {
    reader.report.error('PIPELINE_VALUE', `${what} has two defaults.`, place, 'Keep either "default" or <+input>.default(…).')
  }
  const value = written.value ?? fallback
  return {
    name,
    type,
    required: reader.boolean(fields.get('required'), `"required" of ${what}`) ?? false,
    input: written.input,
    place,
    ...(value === undefined ? {} : { value }),
    ...(written.allowedValues === undefined ? {} : { allowedValues: written.allowedValues }),
    ...optional('description', reader.text(fields.get('description'), `The description of ${what}`)?.text),
  }
}

function optional<Key extends string>(key: Key, value: string | undefined): Partial<Record<Key, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, string>)
}

interface WrittenValue {
  readonly input: boolean
  readonly value?: Template
  readonly allowedValues?: readonly string[]
}

/** `value`: a text, or `<+input>` with what may hang on it. A variable without any is an input too. */
function parseValue(reader: YamlReader, node: YamlNode | undefined, type: VariableType, what: string): WrittenValue {
  const scalar = reader.text(node, `The value of ${what}`)
  if (scalar === undefined) return { input: true }
  const opening = /^\s*<\+\s*input\s*>/.exec(scalar.text)
  if (opening === null) {
    const value = parseTyped(reader, scalar, type, what)
    return { input: false, ...(value === undefined ? {} : { value }) }
  }
  let position = opening[0].length
  let value: Template | undefined
  let allowedValues: string[] | undefined
  while (position < scalar.text.trimEnd().length) {
    const call = /\s*\.([a-zA-Z]+)\(/y
    call.lastIndex = position
    const match = call.exec(scalar.text)
    const end = match === null ? -1 : findClosing(scalar.text, call.lastIndex)
    if (match === null || end < 0) {
      const hint = 'Write <+input>, <+input>.default(x) or <+input>.allowedValues(a,b).'
      reader.report.error(
        'PIPELINE_VALUE',
        `${what} has a runtime input that cannot be read.`,
        reader.placeIn(scalar, position),
        hint,
      )
      break
    }
    const argument = scalar.text.slice(call.lastIndex, end)
    if (match[1] === 'default') {
      const openings = scalar.text.slice(0, call.lastIndex).split('<+').length - 1
      value = parseTyped(reader, scalar, type, `The default of ${what}`, unquote(argument), openings)
    } else if (match[1] === 'allowedValues') {
      allowedValues = argument.split(',').map((allowed) => unquote(allowed))
    } else {
      const message = `${what} uses <+input>.${match[1]}(…), which is not supported yet.`
      const hint = 'Supported are .default(x) and .allowedValues(a,b).'
      reader.report.error('PIPELINE_NOT_SUPPORTED_YET', message, reader.placeIn(scalar, position), hint)
    }
    position = end + 1
  }
  const fixed = value === undefined ? undefined : staticText(value)
  if (fixed !== undefined && allowedValues !== undefined && !allowedValues.includes(fixed)) {
    reader.report.error('PIPELINE_VALUE', `The default of ${what} is not one of its allowed values.`, scalar.place)
  }
  return { input: true, ...(value === undefined ? {} : { value }), ...(allowedValues === undefined ? {} : { allowedValues }) }
}

/** A value of a type; of a Secret it is one reference, written as such or as the secret's name alone. */
function parseTyped(
  reader: YamlReader,
  scalar: YamlScalar | undefined,
  type: VariableType,
  what: string,
  text: string | undefined = scalar?.text,
  openings = 0,
): Template | undefined {
  if (scalar === undefined || text === undefined) return undefined
  const template = reader.templateOf(scalar, text, openings, what, type === 'Secret' ? 'allowed' : 'refused')
  if (template === undefined) return undefined
  const fixed = staticText(template)
  if (type === 'Number' && fixed !== undefined && parseNumber(fixed) === undefined) {
    reader.report.error('PIPELINE_VALUE', `${what} has the type Number, but ${quote(text)} is none.`, scalar.place)
    return undefined
  }
  if (type !== 'Secret') return template
  if (fixed !== undefined && secretRefPattern.test(fixed)) return [{ kind: 'secret', ref: fixed }]
  if (template.length === 1 && template[0]?.kind === 'secret') return template
  const hint = 'Write the name of a secret, or <+secrets.getValue("id")> alone.'
  reader.report.error('PIPELINE_VALUE', `${what} has the type Secret and does not name one secret.`, scalar.place, hint)
  return undefined
}

/** The offset of the `)` that closes the parenthesis open at `start`. */
function findClosing(text: string, start: number): number {
  let depth = 1
  let quoted = ''
  for (let index = start; index < text.length; index++) {
    const char = text.charAt(index)
    if (quoted !== '') {
      if (char === quoted) quoted = ''
    } else if (char === '"' || char === "'") quoted = char
    else if (char === '(') depth += 1
    else if (char === ')') {
      depth -= 1
      if (depth === 0) return index
    }
  }
  return -1
}

function unquote(text: string): string {
  const trimmed = text.trim()
  const match = /^(["'])(.*)\1$/s.exec(trimmed)
  return match?.[2] ?? trimmed
}
