import type { Diagnostic } from '@sluice/base'
import { didYouMean } from '@sluice/base'
import { LineCounter, isMap, isScalar, isSeq, parseDocument } from 'yaml'

/** A place in a document that a reader can complain about. */
export type YamlNode = unknown

/** Reads typed values out of YAML and collects every problem with its place. */
export interface YamlReader {
  /** The root's fields, or undefined when there are none (an empty document) or it is broken. */
  readonly root: ReadonlyMap<string, YamlNode> | undefined
  fields(node: YamlNode, path: string, known: readonly string[]): ReadonlyMap<string, YamlNode> | undefined
  items(node: YamlNode, path: string): readonly YamlNode[]
  text(node: YamlNode, path: string): string | undefined
  flag(node: YamlNode, path: string): boolean | undefined
  wholeNumber(node: YamlNode, path: string, min: number, max: number): number | undefined
  isText(node: YamlNode): boolean
  fail(node: YamlNode, message: string, hint?: string): void
}

export interface YamlReaderOptions {
  readonly file: string
  /** Code of every diagnostic. */
  readonly code: string
  readonly bytesMax: number
  readonly rootFields: readonly string[]
}

const textCharsMax = 1024
const itemsMax = 1000
const diagnosticsMax = 200

/** Parses YAML 1.2 for reading. Aliases, tags and further documents are problems: a policy says everything where it says it. */
export function createYamlReader(text: string, options: YamlReaderOptions, diagnostics: Diagnostic[]): YamlReader {
  const { file, code } = options
  const lines = new LineCounter()
  const report = (offset: number | undefined, message: string, hint?: string): void => {
    if (diagnostics.length >= diagnosticsMax) return
    const place = offset === undefined ? {} : placeAt(lines, offset)
    diagnostics.push({ severity: 'error', code, message, file, ...place, ...(hint === undefined ? {} : { hint }) })
  }
  const fail = (node: YamlNode, message: string, hint?: string): void => report(offsetOf(node), message, hint)

  const fields: YamlReader['fields'] = (node, path, known) => {
    if (!isMap(node)) {
      fail(node, `${quoted(path)} must be a mapping of ${known.join(', ')}.`)
      return undefined
    }
    const found = new Map<string, YamlNode>()
    for (const pair of node.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : ''
      if (known.includes(name)) found.set(name, pair.value ?? pair.key)
      else {
        const near = didYouMean(name, known)
        const hint = near === undefined ? `Known are ${known.join(', ')}.` : `Did you mean "${near}"?`
        fail(pair.key, `Unknown field ${quoted(path === '' ? name : `${path}.${name}`)}.`, hint)
      }
    }
    return found
  }

  const reader: Omit<YamlReader, 'root'> = {
    fields,
    fail,
    isText: (node) => isScalar(node) && typeof node.value === 'string',
    items(node, path) {
      if (isSeq(node) && node.items.length <= itemsMax) return node.items
      fail(node, `${quoted(path)} must be a list of at most ${itemsMax} entries.`, 'Write [] to allow nothing.')
      return []
    },
    text(node, path) {
      if (isScalar(node) && typeof node.value === 'string' && node.value !== '' && node.value.length <= textCharsMax)
        return node.value
      fail(node, `${quoted(path)} must be text of 1 to ${textCharsMax} characters.`, 'Put it in quotes.')
      return undefined
    },
    flag(node, path) {
      if (isScalar(node) && typeof node.value === 'boolean') return node.value
      fail(node, `${quoted(path)} must be true or false.`)
      return undefined
    },
    wholeNumber(node, path, min, max) {
      const value = isScalar(node) ? node.value : undefined
      if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
      fail(node, `${quoted(path)} must be a whole number from ${min} to ${max}.`)
      return undefined
    },
  }

  if (new TextEncoder().encode(text).length > options.bytesMax) {
    report(undefined, `The file has more than ${options.bytesMax} bytes.`)
    return { ...reader, root: undefined }
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2', schema: 'core' })
  for (const problem of [...document.errors, ...document.warnings]) report(problem.pos[0], firstLine(problem.message))
  const { contents } = document
  const isEmpty = contents === null || (isScalar(contents) && contents.value === null)
  if (document.errors.length > 0 || isEmpty) return { ...reader, root: undefined }
  return { ...reader, root: fields(contents, '', options.rootFields) }
}

function placeAt(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

function offsetOf(node: YamlNode): number | undefined {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  const offset: unknown = Array.isArray(range) ? range[0] : undefined
  return typeof offset === 'number' ? offset : undefined
}

function quoted(path: string): string {
  return path === '' ? 'The policy' : `"${path.slice(0, 128)}"`
}

function firstLine(message: string): string {
  const line = message.split('\n', 1)[0] ?? message
  return line.endsWith('.') ? line : `${line}.`
}
