import { limits } from '@sluice/base'
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml'
import type { Document, Node, ParsedNode, YAMLError } from 'yaml'
import type { Place } from './model.ts'
import { quote } from './report.ts'
import type { Report } from './report.ts'
import type { YamlEntry, YamlMap, YamlNode } from './yaml-node.ts'

/** Deeper than any pipeline; shallow enough for recursion over untrusted text. */
const depthMax = 50

/**
 * Smaller than what a request may carry: parsing takes up to some seconds per megabyte for text made to be slow, and the control
 * plane does it between other people's requests.
 */
const bytesMax = Math.min(limits.yamlBytesMax, 1024 * 1024)

/** After some problems of a document the rest only follow from them. */
const syntaxProblemsMax = 20

/** A message of the library may quote pages of what it did not expect. */
function clip(message: string): string {
  const text = message.replace(/[.\s]+$/, '')
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}

/** Nodes of one text after aliases are expanded. */
const nodesMax = 200_000

export interface YamlDocument {
  readonly root: YamlNode
  /** The document's own text, without the `---` that ends the one before. */
  readonly source: string
  /** The line of the whole text in which `source` begins, from 1. */
  readonly sourceLine: number
}

/**
 * Parses a YAML 1.2 text (core schema) into nodes with places. Everything wrong with it goes into `report`; a document that YAML
 * itself finds broken is left out. Size, depth and the expansion of aliases are bounded.
 *
 * @param placeOf where a place of this text is in its file, for a text that stands inside of another.
 */
export function parseYaml(text: string, report: Report, placeOf: (place: Place) => Place = (place) => place): YamlDocument[] {
  const size = text.length > bytesMax ? text.length : new TextEncoder().encode(text).length
  if (size > bytesMax) {
    report.error(
      'YAML_TOO_LARGE',
      `The text has ${size} bytes; at most ${bytesMax} are read.`,
      undefined,
      'Split it into several files.',
    )
    return []
  }
  const tooDeep = findTooDeepLine(text)
  if (tooDeep !== undefined) {
    reportTooDeep(report, placeOf(tooDeep))
    return []
  }
  let documents: readonly Document.Parsed<ParsedNode, true>[]
  try {
    // Duplicate keys are looked for below: the library's own check is quadratic in the number of keys.
    const parsed = parseAllDocuments(text, { version: '1.2', schema: 'core', uniqueKeys: false, prettyErrors: false })
    documents = Array.isArray(parsed) ? parsed : []
  } catch (error) {
    report.error(
      'YAML_SYNTAX',
      `The text is not YAML that can be read: ${error instanceof Error ? error.message : String(error)}.`,
    )
    return []
  }
  const lines = new LineStarts(text, placeOf)
  const result: YamlDocument[] = []
  for (const document of documents) {
    const problems: YAMLError[] = [...document.errors, ...document.warnings]
    for (const problem of problems.slice(0, syntaxProblemsMax)) {
      report.error('YAML_SYNTAX', `${clip(problem.message)}.`, lines.place(problem.pos[0]), hintFor(problem))
    }
    if (problems.length > 0 || document.contents === null) continue
    const errorsBefore = report.errors
    const root = new Converter(text, lines, report).convert(document.contents)
    if (root === undefined || report.errors > errorsBefore) continue
    if (root.kind === 'scalar' && root.value === null) continue
    const [start, end] = documents.length === 1 ? [0, text.length] : sourceRange(text, document)
    result.push({ root, source: text.slice(start, end), sourceLine: lines.place(start).line })
  }
  return result
}

function reportTooDeep(report: Report, place: Place): void {
  report.error('YAML_TOO_DEEP', `The text is nested more than ${depthMax} levels deep.`, place)
}

/**
 * The place where brackets, indentation, or indicators on one line nest too deeply for the library's recursion. Brackets and
 * indentation inside quoted and block texts count too, hence the room; only a text made to hurt has this many.
 */
function findTooDeepLine(text: string): Place | undefined {
  const roomyMax = depthMax * 4
  const indents: number[] = []
  let line = 0
  let flow = 0
  for (let start = 0; start <= text.length;) {
    line += 1
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    let index = start
    let indicators = 0
    while (index < end && (isBlank(text, index) || isIndicator(text, index))) {
      if (!isBlank(text, index)) indicators += 1
      index += 1
    }
    if (index < end) {
      while ((indents.at(-1) ?? -1) >= index - start) indents.pop()
      indents.push(index - start)
    }
    for (; index < end; index++) {
      const char = text.charCodeAt(index)
      if (char === 0x5b || char === 0x7b) flow += 1
      else if (char === 0x5d || char === 0x7d) flow = Math.max(0, flow - 1)
      if (flow > roomyMax) return { line, column: index - start + 1 }
    }
    if (indents.length > roomyMax || indicators > depthMax) return { line, column: index - start + 1 }
    start = end + 1
  }
  return undefined
}

function isBlank(text: string, index: number): boolean {
  const char = text.charCodeAt(index)
  return char === 0x20 || char === 0x09 || char === 0x0d
}

/** `-`, `?` or `:` with a blank behind it: each opens a level on the same line. */
function isIndicator(text: string, index: number): boolean {
  const char = text.charCodeAt(index)
  return (char === 0x2d || char === 0x3f || char === 0x3a) && (index + 1 >= text.length || /\s/.test(text.charAt(index + 1)))
}

function hintFor(problem: YAMLError): string | undefined {
  if (problem.code === 'TAB_AS_INDENT') return 'Indent with spaces.'
  if (problem.code === 'TAG_RESOLVE_FAILED') return 'Remove the tag; only plain YAML 1.2 is read.'
  if (problem.code === 'BAD_INDENT' || problem.code === 'MULTILINE_IMPLICIT_KEY') return 'Check the indentation of this line.'
  return undefined
}

function sourceRange(text: string, document: Document.Parsed<ParsedNode, true>): [number, number] {
  const [start, , end] = document.range
  const marker = /^---[ \t]*\r?\n/.exec(text.slice(start, end))
  return [start + (marker?.[0].length ?? 0), end]
}

/** Turns offsets into places. */
class LineStarts {
  readonly #starts: number[] = [0]
  readonly #placeOf: (place: Place) => Place

  constructor(text: string, placeOf: (place: Place) => Place) {
    this.#placeOf = placeOf
    for (let index = text.indexOf('\n'); index >= 0; index = text.indexOf('\n', index + 1)) this.#starts.push(index + 1)
  }

  place(offset: number): Place {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return this.#placeOf({ line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 })
  }
}

class Converter {
  readonly #text: string
  readonly #lines: LineStarts
  readonly #report: Report
  readonly #anchors = new Map<string, Node>()
  #nodes = 0
  #stopped = false

  constructor(text: string, lines: LineStarts, report: Report) {
    this.#text = text
    this.#lines = lines
    this.#report = report
  }

  convert(node: Node): YamlNode | undefined {
    const converted = this.#convert(node, 0)
    return this.#stopped ? undefined : converted
  }

  #convert(node: Node, depth: number): YamlNode {
    const place = this.#lines.place(node.range?.[0] ?? 0)
    this.#nodes += 1
    if (this.#stopped) return nothing(place)
    if (depth > depthMax) {
      this.#stopped = true
      reportTooDeep(this.#report, place)
      return nothing(place)
    }
    if (this.#nodes > nodesMax) {
      this.#stopped = true
      this.#report.error('YAML_TOO_LARGE', `The text has more than ${nodesMax} values once its aliases are expanded.`, place)
      return nothing(place)
    }
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source)
      if (target !== undefined) return this.#convert(target, depth + 1)
      this.#report.error('YAML_SYNTAX', `The alias ${quote(node.source)} has no anchor before it.`, place)
      return nothing(place)
    }
    if (isScalar(node)) {
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
      return this.#scalar(node.value, node.source, node.type, node.range, place)
    }
    if (isSeq<Node | null>(node)) {
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
      return {
        kind: 'list',
        items: node.items.map((item) => (item === null ? nothing(place) : this.#convert(item, depth + 1))),
        place,
      }
    }
    if (isMap<Node | null, Node | null>(node)) {
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
      return this.#map(node.items, place, depth)
    }
    return nothing(place)
  }

  #map(pairs: readonly { key: Node | null; value: Node | null }[], place: Place, depth: number): YamlMap {
    const entries: YamlEntry[] = []
    const seen = new Map<string, Place>()
    for (const pair of pairs) {
      const keyPlace = pair.key?.range ? this.#lines.place(pair.key.range[0]) : place
      if (pair.key === null || !isScalar(pair.key) || pair.key.value === null) {
        this.#report.error('YAML_KEY', 'A key has to be a text.', keyPlace, 'Put the key in quotes.')
        continue
      }
      const key = typeof pair.key.value === 'string' ? pair.key.value : (pair.key.source ?? '')
      const earlier = seen.get(key)
      if (earlier !== undefined) {
        const message = `The key ${quote(key)} stands here for the second time; the first is in line ${earlier.line}.`
        this.#report.error('YAML_DUPLICATE_KEY', message, keyPlace, 'Remove one of them.')
        continue
      }
      seen.set(key, keyPlace)
      entries.push({ key, keyPlace, value: pair.value === null ? nothing(keyPlace) : this.#convert(pair.value, depth + 1) })
    }
    return { kind: 'map', entries, place }
  }

  #scalar(
    value: unknown,
    source: string | undefined,
    type: string | undefined,
    range: readonly number[] | null | undefined,
    place: Place,
  ): YamlNode {
    const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
    const text = typeof known === 'string' ? known : (source ?? '')
    const raw = range ? this.#text.slice(range[0], range[1]) : text
    return { kind: 'scalar', value: known, text, plain: type === undefined || type === 'PLAIN', raw, place }
  }
}

function nothing(place: Place): YamlNode {
  return { kind: 'scalar', value: null, text: '', plain: true, raw: '', place }
}
