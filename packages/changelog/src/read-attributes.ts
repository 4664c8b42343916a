import { didYouMean } from '@sluice/base'
import { javaBoolean } from './java-values.ts'
import type { SourcePlace } from './model.ts'
import { expandAt, type FileContext, type ParseSession } from './session.ts'
import type { SourceNode } from './source-node.ts'

/** A child that is neither an attribute nor a part of its parent. */
export function reportUnknown(session: ParseSession, node: SourceNode, owner: string, known: Iterable<string>): void {
  const nearest = didYouMean(node.name, known)
  const hint = nearest === undefined ? undefined : `Did you mean "${nearest}"?`
  session.reporter.error(node.place, 'CHANGELOG_UNKNOWN_FIELD', `"${node.name}" is not known in ${owner}.`, hint)
}

/** A text where only parts can stand: passing over it would lose what it was meant to do. */
export function reportText(session: ParseSession, node: SourceNode): void {
  if (node.text === undefined) return
  const message = `"${node.name}" takes parts with names of their own, not a text.`
  session.reporter.error(node.place, 'CHANGELOG_NOT_A_VALUE', message)
}

/** Reads the plain values of a node, with properties expanded; `values` holds those that are there and not null. */
export class AttributeReader {
  readonly #session: ParseSession
  readonly #context: FileContext
  readonly #nodes = new Map<string, SourceNode>()
  readonly #owner: string

  /** Reports unknown children, except for those named in `parts`, which the caller reads itself. */
  constructor(
    session: ParseSession,
    context: FileContext,
    node: SourceNode,
    options: { readonly owner: string; readonly known: readonly string[]; readonly parts?: readonly string[] },
  ) {
    this.#session = session
    this.#context = context
    this.#owner = options.owner
    const parts = options.parts ?? []
    for (const child of node.children) {
      if (parts.includes(child.name)) continue
      if (options.known.includes(child.name)) this.#nodes.set(child.name, child)
      else reportUnknown(session, child, options.owner, [...options.known, ...parts])
    }
  }

  text(name: string): string | undefined {
    const node = this.#nodes.get(name)
    if (node === undefined) return undefined
    if (node.isStructure && node.text === undefined) {
      this.#session.reporter.error(node.place, 'CHANGELOG_NOT_A_VALUE', `"${name}" of ${this.#owner} has to be a single value.`)
      return undefined
    }
    return node.text === undefined ? undefined : expandAt(this.#session, this.#context, node.text, node.place)
  }

  place(name: string): SourcePlace | undefined {
    return this.#nodes.get(name)?.place
  }

  /** As Liquibase reads booleans: everything but "true" is false, which is worth a warning. */
  boolean(name: string): boolean | undefined {
    const value = this.text(name)
    const node = this.#nodes.get(name)
    if (value === undefined || node === undefined) return undefined
    warnOddBoolean(this.#session, name, value, node.place)
    return javaBoolean(value.trim()) === 'true'
  }

  /** One of a closed list, compared without case. */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name)
    const node = this.#nodes.get(name)
    if (value === undefined || node === undefined) return undefined
    const found = choices.find((choice) => choice.toLowerCase() === value.trim().toLowerCase())
    if (found !== undefined) return found
    const message = `"${value}" is not a value of "${name}".`
    this.#session.reporter.error(node.place, 'CHANGELOG_BAD_VALUE', message, `Use one of: ${choices.join(', ')}.`)
    return undefined
  }
}

export function warnOddBoolean(session: ParseSession, name: string, value: string, place: SourcePlace): void {
  if (/^(?:true|false)$/i.test(value.trim())) return
  const message = `"${value}" as value of "${name}" counts as false.`
  session.reporter.warn(place, 'CHANGELOG_ODD_BOOLEAN', message, 'Write true or false.')
}
