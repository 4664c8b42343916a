import { didYouMean } from '@sluice/base'
import type { FieldTable } from './fields.ts'
import type { Place, Template } from './model.ts'
import { capitalize, quote } from './report.ts'
import type { Report } from './report.ts'
import { parseTemplate, templateLengthMax } from './template.ts'
import { describeKind, isEmptyNode, placeInRaw, placeOfOpening } from './yaml-node.ts'
import type { YamlList, YamlMap, YamlNode, YamlScalar } from './yaml-node.ts'

export const identifierPattern = /^[a-zA-Z_][0-9a-zA-Z_$]{0,127}$/
const nameLengthMax = 128

/** The works-fields of one mapping, by name. */
export type Fields = ReadonlyMap<string, YamlNode>

/** Reads typed fields out of YAML nodes; what does not fit is an error in the report, and `undefined` comes back. */
export class YamlReader {
  readonly report: Report
  /** Set when something with a name had to be left out: then it cannot be said of a reference that what it names is missing. */
  incomplete = false

  constructor(report: Report) {
    this.report = report
  }

  map(node: YamlNode | undefined, what: string): YamlMap | undefined {
    if (node === undefined) return undefined
    if (node.kind === 'map') return node
    this.report.error('PIPELINE_TYPE', `${what} has to be a mapping, but it is ${describeKind(node)}.`, node.place)
    return undefined
  }

  /** A list; nothing at all (`x:`) counts as the empty one. */
  list(node: YamlNode | undefined, what: string): YamlList | undefined {
    if (node === undefined || (node.kind === 'scalar' && node.value === null)) return undefined
    if (node.kind === 'list') return node
    this.report.error('PIPELINE_TYPE', `${what} has to be a list, but it is ${describeKind(node)}.`, node.place)
    return undefined
  }

  /** Sorts a mapping's fields by their classes and returns those that work. */
  fields(map: YamlMap, table: FieldTable, what: string): Fields {
    const fields = new Map<string, YamlNode>()
    for (const { key, keyPlace, value } of map.entries) {
      const kind = Object.hasOwn(table, key) ? table[key] : undefined
      if (kind === 'works') fields.set(key, value)
      else if (kind === 'harmless') {
        this.report.note('PIPELINE_FIELD_NO_EFFECT', `${quote(key)} of ${what} is accepted and has no effect here.`, keyPlace)
      } else if (kind === 'later') {
        if (!isEmptyNode(value)) {
          const message = `${quote(key)} of ${what} is known but not supported yet.`
          this.report.error('PIPELINE_NOT_SUPPORTED_YET', message, keyPlace, 'Remove the field.')
        }
      } else {
        const near = didYouMean(key, Object.keys(table))
        const known = Object.keys(table).filter((name) => table[name] === 'works')
        const hint = near === undefined ? `There are ${known.join(', ')}.` : `Did you mean "${near}"?`
        this.report.error('PIPELINE_UNKNOWN_FIELD', `${capitalize(what)} has no field ${quote(key)}.`, keyPlace, hint)
      }
    }
    return fields
  }

  /** A scalar as the text it was written as. */
  text(node: YamlNode | undefined, what: string): YamlScalar | undefined {
    if (node === undefined || (node.kind === 'scalar' && node.value === null)) return undefined
    if (node.kind !== 'scalar') {
      this.report.error('PIPELINE_TYPE', `${what} has to be a text, but it is ${describeKind(node)}.`, node.place)
      return undefined
    }
    if (node.text.length > templateLengthMax) {
      this.report.error('PIPELINE_TEXT_TOO_LONG', `${what} has more than ${templateLengthMax} characters.`, node.place)
      return undefined
    }
    if (node.text.includes('\0')) {
      this.report.error('PIPELINE_TEXT', `${what} contains a NUL character.`, node.place)
      return undefined
    }
    return node
  }

  /** A text that may not hold expressions. */
  plainText(node: YamlNode | undefined, what: string): string | undefined {
    const scalar = this.text(node, what)
    if (scalar === undefined) return undefined
    if (scalar.text.includes('<+')) {
      this.report.error('PIPELINE_EXPRESSION_NOT_ALLOWED', `${what} cannot hold an expression.`, placeOfOpening(scalar, 0))
      return undefined
    }
    return scalar.text
  }

  boolean(node: YamlNode | undefined, what: string): boolean | undefined {
    if (node === undefined || (node.kind === 'scalar' && node.value === null)) return undefined
    if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value
    this.report.error('PIPELINE_TYPE', `${what} has to be true or false, but it is ${describeKind(node)}.`, node.place)
    return undefined
  }

  identifier(fields: Fields, what: string, owner: Place): string | undefined {
    const node = fields.get('identifier')
    const text = this.plainText(node, `The identifier of ${what}`)
    if (text === undefined) {
      const isMissing = node === undefined || (node.kind === 'scalar' && node.value === null)
      if (isMissing) this.report.error('PIPELINE_MISSING_FIELD', `${what} needs an identifier.`, node?.place ?? owner)
      return undefined
    }
    if (identifierPattern.test(text)) return text
    const message = `${quote(text)} cannot be an identifier.`
    const hint = 'Use letters, digits, _ and $, at most 128, and begin with a letter or _.'
    this.report.error('PIPELINE_IDENTIFIER', message, node?.place ?? owner, hint)
    return undefined
  }

  name(fields: Fields, identifier: string, what: string): string {
    const text = this.plainText(fields.get('name'), `The name of ${what}`)
    if (text === undefined || text === '') return identifier
    if (text.length > nameLengthMax) {
      const message = `The name of ${what} has more than ${nameLengthMax} characters.`
      this.report.error('PIPELINE_TEXT_TOO_LONG', message, fields.get('name')?.place)
    }
    return text
  }

  /** One of a closed list of words; `later` are known words that get their own error. */
  choice<Word extends string>(
    node: YamlNode | undefined,
    what: string,
    words: readonly Word[],
    later: readonly string[] = [],
  ): Word | undefined {
    const text = this.plainText(node, what)
    if (text === undefined || node === undefined) return undefined
    const word = words.find((candidate) => candidate === text)
    if (word !== undefined) return word
    if (later.includes(text)) {
      this.report.error(
        'PIPELINE_NOT_SUPPORTED_YET',
        `${what} ${quote(text)} is known but not supported yet.`,
        node.place,
        `Supported: ${words.join(', ')}.`,
      )
      return undefined
    }
    const near = didYouMean(text, [...words, ...later])
    const hint = near === undefined ? `There are ${words.join(', ')}.` : `Did you mean "${near}"?`
    this.report.error('PIPELINE_UNKNOWN_VALUE', `${what} cannot be ${quote(text)}.`, node.place, hint)
    return undefined
  }

  /** A text with expressions. Secret references are errors unless the field's class allows them. */
  template(node: YamlNode | undefined, what: string, secrets: 'refused' | 'allowed' = 'refused'): Template | undefined {
    const scalar = this.text(node, what)
    return scalar === undefined ? undefined : this.templateOf(scalar, scalar.text, 0, what, secrets)
  }

  /** The same for a part of a scalar's text that begins after `openings` others. */
  templateOf(
    scalar: YamlScalar,
    text: string,
    openings: number,
    what: string,
    secrets: 'refused' | 'allowed',
  ): Template | undefined {
    const { template, problems } = parseTemplate(text, (opening) => placeOfOpening(scalar, openings + opening))
    for (const problem of problems) this.report.error(problem.code, `${what}: ${problem.message}`, problem.place, problem.hint)
    if (problems.length > 0) return undefined
    let opening = openings
    let previous: Place | undefined
    for (const part of template) {
      if (part.kind === 'text') {
        if (previous !== undefined && /^[^<]*>/.test(part.text)) this.#warnOfClosing(what, previous)
        previous = undefined
        continue
      }
      if (part.kind === 'expression') {
        previous = part.place
        opening += part.expression.split('<+').length
        if (!this.#isInput(part.expression, what, part.place)) continue
        return undefined
      }
      if (secrets === 'refused') {
        const hint = 'Secrets belong into variables of type Secret and into connectors.'
        this.report.error('PIPELINE_SECRET_NOT_ALLOWED', `${what} cannot hold a secret.`, placeOfOpening(scalar, opening), hint)
        return undefined
      }
      opening += 1
    }
    return template
  }

  /** A list of texts, or one text. */
  templates(node: YamlNode | undefined, what: string): Template[] {
    if (node?.kind === 'scalar') {
      const one = isEmptyNode(node) ? undefined : this.template(node, what)
      return one === undefined ? [] : [one]
    }
    const items = this.list(node, what)?.items ?? []
    return items
      .map((item) => this.template(item, what))
      .filter((template) => template !== undefined && template.length > 0) as Template[]
  }

  /** The place of an offset in a scalar's text: exact for text that is written as it is. */
  placeIn(scalar: YamlScalar, offset: number): Place {
    const start = scalar.raw.indexOf(scalar.text)
    return start < 0 ? scalar.place : placeInRaw(scalar, start + offset)
  }

  #isInput(expression: string, what: string, place: Place): boolean {
    if (!/^input\b/.test(expression)) return false
    const hint = 'Declare a variable with the value <+input> and refer to it: <+pipeline.variables.NAME>.'
    this.report.error('PIPELINE_NOT_SUPPORTED_YET', `${what} cannot be a runtime input itself yet.`, place, hint)
    return true
  }

  #warnOfClosing(what: string, place: Place): void {
    const message = `${what}: the first ">" closes the expression; what follows it is text.`
    this.report.warning(
      'EXPRESSION_CLOSED_EARLY',
      message,
      place,
      'A comparison inside the brackets stands in parentheses: <+(a > b)>.',
    )
  }
}
