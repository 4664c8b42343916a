import { didYouMean } from '@sluice/base'
import type { Diagnostic } from '@sluice/base'
import type { Place } from './model.ts'
import { parseYaml } from './parse-yaml.ts'
import { quote, Report } from './report.ts'
import { describeKind, findNode, toPlainValue } from './yaml-node.ts'

/** The kinds of entity documents: the key at the top of each. */
export const entityKinds = ['organization', 'project', 'connector', 'secret', 'dbSchema', 'dbInstance', 'pipeline'] as const
export type EntityKind = (typeof entityKinds)[number]

export interface EntityDocument {
  readonly kind: EntityKind
  /** What stands under the kind's key, as plain JSON values; nobody has checked its fields yet. */
  readonly value: unknown
  /** The document's own text: what a pipeline is stored as. */
  readonly source: string
  /** The line of the file in which `source` begins, from 1: what a diagnostic about `source` adds (minus 1) to its line. */
  readonly sourceLine: number
  /** Where the key of the kind stands. */
  readonly place: Place
  /** The place of a path inside `value` (such as a zod issue's); of the nearest thing around it where there is nothing. */
  readonly locate: (path: readonly (string | number)[]) => Place
}

export interface EntityDocumentsResult {
  /** Those without an error of their own, in order. */
  readonly documents: readonly EntityDocument[]
  readonly diagnostics: readonly Diagnostic[]
}

/** Parses a file of entities: YAML documents, each with one key at the top that says its kind. Never throws for input. */
export function parseEntityDocuments(text: string, options: { readonly file?: string | undefined } = {}): EntityDocumentsResult {
  const report = new Report(options.file)
  const documents: EntityDocument[] = []
  for (const { root, source, sourceLine } of parseYaml(text, report)) {
    if (root.kind !== 'map') {
      report.error(
        'ENTITY_STRUCTURE',
        `A document has to be a mapping, but it is ${describeKind(root)}.`,
        root.place,
        kindsHint(),
      )
      continue
    }
    const [entry, second] = root.entries
    if (entry === undefined) {
      report.error('ENTITY_STRUCTURE', 'A document has to have a key that says its kind.', root.place, kindsHint())
      continue
    }
    if (second !== undefined) {
      const hint = 'Separate entities with a line "---", and indent the fields of one below its kind.'
      report.error(
        'ENTITY_STRUCTURE',
        `A document has one key at the top; ${quote(second.key)} is another.`,
        second.keyPlace,
        hint,
      )
      continue
    }
    const kind = entityKinds.find((candidate) => candidate === entry.key)
    if (kind === undefined) {
      const near = didYouMean(entry.key, entityKinds)
      const hint = near === undefined ? kindsHint() : `Did you mean "${near}"?`
      report.error('ENTITY_UNKNOWN_KIND', `There is no kind of entity ${quote(entry.key)}.`, entry.keyPlace, hint)
      continue
    }
    const { value, keyPlace } = entry
    if (value.kind !== 'map') {
      report.error('ENTITY_STRUCTURE', `${quote(kind)} has to be a mapping, but it is ${describeKind(value)}.`, value.place)
      continue
    }
    const locate = (path: readonly (string | number)[]): Place => (path.length === 0 ? keyPlace : findNode(value, path).place)
    documents.push({ kind, value: toPlainValue(value), source, sourceLine, place: keyPlace, locate })
  }
  return { documents, diagnostics: report.diagnostics() }
}

function kindsHint(): string {
  return `Begin a document with one of ${entityKinds.map((kind) => `"${kind}:"`).join(', ')}.`
}
