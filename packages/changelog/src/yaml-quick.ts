import type { SourcePlace } from './model.ts'
import { listItemName, type SourceNode } from './source-node.ts'
import { beyond, YamlCursor } from './yaml-cursor.ts'
import { readBlockPlain, readBlockScalar, readQuoted } from './yaml-quick-scalar.ts'
import { resolvePlainScalar, type YamlScalar } from './yaml-scalar.ts'

const depthMax = 80
const none: readonly SourceNode[] = []

/**
 * Reads the YAML that changelogs are usually written in, many times faster than a full parser: block mappings and sequences, flow
 * collections (JSON is nothing else), plain and quoted scalars on one line, literal and folded texts, comments. Undefined for every
 * document with anything else in it, mistakes included: those are the full parser's, and a property test holds both to the same
 * results.
 */
export function readYamlQuickly(source: string, file: string): SourceNode | undefined {
  if (source.endsWith(' ') || source.includes('\r') || source.includes('\t') || /^(?:%|---[ \t]*\S|\.\.\.)/m.test(source))
    return undefined
  const text = source.endsWith('\n') ? source : `${source}\n`
  const cursor = new YamlCursor(text, file)
  try {
    cursor.nextContent()
    if (cursor.indent === 0 && text.startsWith('---\n', cursor.at)) {
      cursor.at += 3
      cursor.endLine()
    }
    if (cursor.indent === -1) return undefined
    const root = new QuickReader(cursor).root()
    return cursor.indent === -1 ? root : undefined
  } catch (error) {
    if (error === beyond) return undefined
    throw error
  }
}

/** What a value is, before it gets its name and place. */
type Value = YamlScalar & { readonly children: readonly SourceNode[]; readonly isStructure: boolean }

const keyPattern = /[A-Za-z_][\w.-]*(?= *:(?:[ \n]))/y
const flowKeyPattern = /[A-Za-z_][\w.-]*(?= *:(?:[ \n,[\]{}]))/y
const flowPlain = /[^\s,[\]{}#"'&*!|>%@`?:-][^\n,[\]{}]*|-?[\d.][^\n,[\]{}]*/y

class QuickReader {
  readonly #cursor: YamlCursor
  #depth = 0

  constructor(cursor: YamlCursor) {
    this.#cursor = cursor
  }

  root(): SourceNode {
    const place = this.#cursor.place()
    const code = this.#cursor.code()
    if (code === 123 || code === 91) {
      const value = this.#flow(-1)
      this.#cursor.endLine()
      return nodeOf('', value, place)
    }
    return nodeOf('', this.#block(this.#cursor.indent), place)
  }

  /** A collection whose first entry stands at the cursor, at column `indent`. */
  #block(indent: number): Value {
    if (++this.#depth > depthMax) throw beyond
    const children = this.#isDash() ? this.#sequence(indent) : this.#mapping(indent)
    this.#depth--
    return { text: undefined, children, isStructure: true }
  }

  #isDash(): boolean {
    if (this.#cursor.code() !== 45) return false
    const next = this.#cursor.code(1)
    return next === 32 || next === 10
  }

  #sequence(indent: number): readonly SourceNode[] {
    const cursor = this.#cursor
    const items: SourceNode[] = []
    while (cursor.indent === indent && this.#isDash()) {
      cursor.at++
      if (cursor.isLineOver()) {
        cursor.endLine()
        if (cursor.indent <= indent) throw beyond
        this.#addBlockItem(items, cursor.indent)
        continue
      }
      cursor.skipBlanks()
      const column = cursor.at - cursor.lineStart
      if (this.#isDash() || this.#keyLength() > 0) {
        cursor.indent = column
        this.#addBlockItem(items, column)
      } else {
        const place = cursor.place()
        const isMap = cursor.code() === 123
        const value = this.#inline(indent)
        if (isMap) items.push(...value.children)
        else items.push(nodeOf(listItemName, value, place))
      }
    }
    if (cursor.indent > indent) throw beyond
    return items
  }

  /** Mappings in lists are left out: their entries are the list's children. */
  #addBlockItem(items: SourceNode[], indent: number): void {
    const isMap = !this.#isDash()
    const place = this.#cursor.place()
    const value = this.#block(indent)
    if (isMap) items.push(...value.children)
    else items.push(nodeOf(listItemName, value, place))
  }

  #keyLength(): number {
    keyPattern.lastIndex = this.#cursor.at
    return keyPattern.exec(this.#cursor.text)?.[0].length ?? 0
  }

  #mapping(indent: number): readonly SourceNode[] {
    const cursor = this.#cursor
    const entries: SourceNode[] = []
    const names = new Set<string>()
    while (cursor.indent === indent) {
      const length = this.#keyLength()
      if (length === 0) throw beyond
      const place = cursor.place()
      const name = cursor.text.slice(cursor.at, cursor.at + length)
      if (names.has(name)) throw beyond
      names.add(name)
      cursor.at = cursor.text.indexOf(':', cursor.at + length) + 1
      entries.push(nodeOf(name, this.#entryValue(indent), place))
    }
    if (cursor.indent > indent) throw beyond
    return entries
  }

  #entryValue(indent: number): Value {
    const cursor = this.#cursor
    if (!cursor.isLineOver()) {
      cursor.skipBlanks()
      return this.#inline(indent)
    }
    cursor.endLine()
    if (cursor.indent > indent) {
      // A text on a line of its own, and the likes, are not a collection.
      if (!this.#isDash() && this.#keyLength() === 0) throw beyond
      return this.#block(cursor.indent)
    }
    if (cursor.indent === indent && this.#isDash()) return this.#block(indent)
    return { text: undefined, children: none, isStructure: false }
  }

  /** A value that begins on the line of its key or dash; afterwards the cursor stands on the next content. */
  #inline(indent: number): Value {
    const cursor = this.#cursor
    const code = cursor.code()
    if (code === 124 || code === 62) return scalar({ text: readBlockScalar(cursor, indent) })
    if (code === 123 || code === 91) {
      const value = this.#flow(indent)
      cursor.endLine()
      return value
    }
    let value: Value
    if (code === 34 || code === 39) value = scalar({ text: readQuoted(cursor) })
    else if (isIndicator(code) || this.#isDash()) throw beyond
    else value = scalar(resolvePlainScalar(readBlockPlain(cursor)))
    cursor.endLine()
    // Deeper lines would continue the scalar.
    if (cursor.indent > indent) throw beyond
    return value
  }

  /** A flow collection; the cursor ends behind its closing bracket. Its lines have to be deeper than `indent`. */
  #flow(indent: number): Value {
    if (++this.#depth > depthMax) throw beyond
    const isMap = this.#cursor.code() === 123
    this.#cursor.at++
    const children: SourceNode[] = []
    const names = new Set<string>()
    const close = isMap ? 125 : 93
    this.#flowBlanks(indent)
    while (this.#cursor.code() !== close) {
      if (isMap) children.push(this.#flowEntry(indent, names))
      else this.#flowItem(indent, children)
      this.#flowBlanks(indent)
      if (this.#cursor.code() === 44) {
        this.#cursor.at++
        this.#flowBlanks(indent)
      } else if (this.#cursor.code() !== close) throw beyond
    }
    this.#cursor.at++
    this.#depth--
    return { text: undefined, children, isStructure: true }
  }

  #flowEntry(indent: number, names: Set<string>): SourceNode {
    const cursor = this.#cursor
    const place = cursor.place()
    const isQuoted = cursor.code() === 34
    const name = isQuoted ? readQuoted(cursor) : this.#flowKey()
    if (names.has(name) || name === '<<') throw beyond
    names.add(name)
    cursor.skipBlanks()
    if (cursor.code() !== 58) throw beyond
    cursor.at++
    this.#flowBlanks(indent)
    const code = cursor.code()
    if (code === 44 || code === 125) return nodeOf(name, { text: undefined, children: none, isStructure: false }, place)
    return nodeOf(name, this.#flowValue(indent), place)
  }

  #flowKey(): string {
    flowKeyPattern.lastIndex = this.#cursor.at
    const name = flowKeyPattern.exec(this.#cursor.text)?.[0]
    if (name === undefined) throw beyond
    this.#cursor.at += name.length
    return name
  }

  #flowItem(indent: number, items: SourceNode[]): void {
    const place = this.#cursor.place()
    const isMap = this.#cursor.code() === 123
    const value = this.#flowValue(indent)
    if (isMap) items.push(...value.children)
    else items.push(nodeOf(listItemName, value, place))
  }

  #flowValue(indent: number): Value {
    const cursor = this.#cursor
    const code = cursor.code()
    if (code === 123 || code === 91) return this.#flow(indent)
    if (code === 34 || code === 39) return scalar({ text: readQuoted(cursor) })
    flowPlain.lastIndex = cursor.at
    const run = flowPlain.exec(cursor.text)?.[0].trimEnd()
    if (run === undefined || /:(?: |$)| #/.test(run)) throw beyond
    cursor.at += run.length
    const value = scalar(resolvePlainScalar(run))
    const { at } = cursor
    this.#flowBlanks(indent)
    // A plain scalar that goes on in the next line.
    if (cursor.code() !== 44 && cursor.code() !== 93 && cursor.code() !== 125) throw beyond
    if (cursor.at === at && cursor.text.charCodeAt(at) === 58) throw beyond
    return value
  }

  /** Blanks and line ends between the tokens of a flow collection. */
  #flowBlanks(indent: number): void {
    const cursor = this.#cursor
    for (;;) {
      cursor.skipBlanks()
      const code = cursor.code()
      if (code === 35) throw beyond
      if (code !== 10) {
        if (Number.isNaN(code)) throw beyond
        return
      }
      cursor.passLine(cursor.at)
      cursor.skipBlanks()
      const isDeep = cursor.at - cursor.lineStart > indent
      if (!isDeep && cursor.code() !== 10) throw beyond
    }
  }
}

function scalar(value: YamlScalar): Value {
  return { ...value, children: none, isStructure: false }
}

/** Characters that begin anchors, aliases, tags and what has no meaning yet. */
function isIndicator(code: number): boolean {
  return (
    code === 38 ||
    code === 42 ||
    code === 33 ||
    code === 63 ||
    code === 37 ||
    code === 64 ||
    code === 96 ||
    code === 44 ||
    code === 93 ||
    code === 125
  )
}

function nodeOf(name: string, value: Value, place: SourcePlace): SourceNode {
  return { name, ...value, place }
}
