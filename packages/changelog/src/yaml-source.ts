import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type Scalar } from 'yaml'
import type { SourcePlace } from './model.ts'
import type { Reporter } from './reporter.ts'
import { listItemName, type SourceNode } from './source-node.ts'
import { readYamlQuickly } from './yaml-quick.ts'
import { resolvePlainScalar, type YamlScalar } from './yaml-scalar.ts'

/** Nodes that aliases may add to those that a document can have by its length, and how deep it may be. */
const aliasedNodesMax = 100_000
const depthMax = 200
const problemsMax = 20

/**
 * Reads a YAML or JSON document into source nodes. JSON changelogs are read as YAML, as Liquibase does, so their numbers follow the
 * same rules. Scalars keep YAML 1.1's types (`resolvePlainScalar`), whatever the document says.
 */
export function readYamlSource(text: string, file: string, reporter: Reporter): SourceNode | undefined {
  return readYamlQuickly(text, file) ?? readYamlFully(text, file, reporter)
}

/** The same by the full parser alone: what decides, and what words every mistake. */
export function readYamlFully(text: string, file: string, reporter: Reporter): SourceNode | undefined {
  const lineCounter = new LineCounter()
  const place = (offset: number): SourcePlace => {
    const { line, col } = lineCounter.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  let document: Document.Parsed
  try {
    // The failsafe schema keeps every scalar a text; the YAML 1.1 types come from our own resolver.
    document = parseDocument(text, {
      schema: 'failsafe',
      merge: false,
      lineCounter,
      prettyErrors: false,
      strict: true,
      stringKeys: true,
      uniqueKeys: false,
    })
  } catch (error) {
    reporter.error(file, 'CHANGELOG_YAML', `The file cannot be read as YAML: ${(error as Error).message}.`)
    return undefined
  }
  const overflow = document.errors.find((problem) => /call stack|stack overflow/i.test(problem.message))
  if (overflow !== undefined) {
    reporter.error(place(overflow.pos[0]), 'CHANGELOG_YAML_TOO_LARGE', 'The document is nested too deeply.')
    return undefined
  }
  for (const problem of withoutFollowUps(document.errors)) {
    const severalDocuments = problem.code === 'MULTIPLE_DOCS'
    const message = severalDocuments
      ? 'A changelog file is one YAML document; this one holds several.'
      : sentence(problem.message)
    reporter.error(place(problem.pos[0]), 'CHANGELOG_YAML', message)
  }
  if (document.errors.length > 0) return undefined
  if (document.contents === null) return { name: '', text: undefined, children: [], isStructure: false, place: place(0) }
  return new YamlReader(place, reporter, text.length + aliasedNodesMax).read(document.contents)
}

/** After a syntax error the parser trips over every token that follows: those say nothing new. */
function withoutFollowUps<T extends { readonly message: string; readonly pos: readonly [number, number] }>(
  problems: readonly T[],
): readonly T[] {
  const seen = new Set<string>()
  const isNew = (problem: T): boolean => {
    const key = `${problem.pos[0]} ${problem.message}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  }
  return problems
    .filter((problem, index) => index === 0 || !problem.message.startsWith('Unexpected '))
    .filter(isNew)
    .slice(0, problemsMax)
}

function sentence(message: string): string {
  const first = message.split('\n')[0] ?? message
  return /[.!?]$/.test(first) ? first : `${first}.`
}

class YamlReader {
  readonly #anchors = new Map<string, Node>()
  readonly #place: (offset: number) => SourcePlace
  readonly #reporter: Reporter
  readonly #nodesMax: number
  #nodes = 0
  #stopped = false

  constructor(place: (offset: number) => SourcePlace, reporter: Reporter, nodesMax: number) {
    this.#nodesMax = nodesMax
    this.#place = place
    this.#reporter = reporter
  }

  read(root: Node): SourceNode | undefined {
    const node = this.#node('', root, this.#place(root.range?.[0] ?? 0), 0)
    return this.#stopped ? undefined : node
  }

  #node(name: string, value: unknown, place: SourcePlace, depth: number): SourceNode {
    const none: SourceNode = { name, text: undefined, children: [], isStructure: false, place }
    if (this.#stopped) return none
    if (++this.#nodes > this.#nodesMax || depth > depthMax) return this.#stop(place, none)
    const target = this.#target(value, place)
    if (isScalar(target)) return { ...none, ...scalarOf(target) }
    if (isMap(target)) return { ...none, isStructure: true, children: this.#entries(target.items, place, depth) }
    if (!isSeq(target)) return none
    const children = target.items.flatMap((item) => {
      const itemPlace = this.#placeOf(item) ?? place
      const itemTarget = this.#target(item, itemPlace)
      return isMap(itemTarget)
        ? this.#entries(itemTarget.items, itemPlace, depth)
        : [this.#node(listItemName, itemTarget, itemPlace, depth + 1)]
    })
    return { ...none, isStructure: true, children }
  }

  #entries(
    pairs: readonly { readonly key: unknown; readonly value: unknown }[],
    place: SourcePlace,
    depth: number,
  ): SourceNode[] {
    const found: SourceNode[] = []
    const merged: SourceNode[] = []
    const names = new Set<string>()
    for (const pair of pairs) {
      const keyPlace = this.#placeOf(pair.key) ?? place
      const name = isScalar(pair.key) ? String(pair.key.value) : ''
      if (names.has(name)) this.#reporter.error(keyPlace, 'CHANGELOG_YAML', `The key "${name}" stands twice in one mapping.`)
      names.add(name)
      // `<<: *defaults` brings in entries that the mapping does not have itself.
      if (name === '<<') merged.push(...this.#node('', pair.value, keyPlace, depth + 1).children)
      else found.push(this.#node(name, pair.value, keyPlace, depth + 1))
    }
    if (merged.length === 0) return found
    return [...merged.filter((child) => !names.has(child.name)), ...found]
  }

  /** Follows an alias to the latest anchor of its name, in time that does not depend on the document's length. */
  #target(value: unknown, place: SourcePlace): unknown {
    if (isAlias(value)) {
      const target = this.#anchors.get(value.source)
      if (target === undefined)
        this.#reporter.error(place, 'CHANGELOG_YAML', `No anchor "${value.source}" stands before this alias.`)
      return target
    }
    const anchor = (value as Node | null)?.anchor
    if (anchor !== undefined && isNode(value)) this.#anchors.set(anchor, value)
    return value
  }

  #placeOf(node: unknown): SourcePlace | undefined {
    const offset = (node as Node | null)?.range?.[0]
    return offset === undefined ? undefined : this.#place(offset)
  }

  #stop(place: SourcePlace, none: SourceNode): SourceNode {
    this.#stopped = true
    this.#reporter.error(
      place,
      'CHANGELOG_YAML_TOO_LARGE',
      'The document is nested too deeply or grows too large by its aliases.',
    )
    return none
  }
}

function scalarOf(scalar: Scalar): YamlScalar {
  // The failsafe schema gives texts only; an empty node has null.
  const value = typeof scalar.value === 'string' ? scalar.value : ''
  if (scalar.tag === 'tag:yaml.org,2002:str' && scalar.type === 'PLAIN') return { text: value }
  if (scalar.tag !== undefined && /:(?:int|float|bool|null|timestamp)$/.test(scalar.tag)) return resolvePlainScalar(value)
  return scalar.type === 'PLAIN' ? resolvePlainScalar(value) : { text: value }
}
