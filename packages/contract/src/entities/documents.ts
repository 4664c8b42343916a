import { type Diagnostic, didYouMean } from '@sluice/base'
import { parseEntityDocuments, parsePipeline } from '@sluice/pipeline'
import { z } from 'zod'
import { entityKinds, type EntityKind } from './kinds.ts'

/** An entity as one YAML document says it, checked and with its defaults filled in. */
export interface EntityDocument {
  readonly kind: EntityKind
  /** Valid for the kind's schema: the body of a create or update. */
  readonly value: { readonly identifier: string; readonly orgIdentifier?: string; readonly projectIdentifier?: string }
  readonly file: string
  /** Where the document's entity begins, 1-based. */
  readonly line: number
  /** Where one of its fields stands, or the nearest one around it. */
  readonly locate: (path: readonly (string | number)[]) => { readonly line: number; readonly column: number }
}

/**
 * Reads entity YAML: several documents, one top-level key each. Every problem of every document comes back with its place. A document that
 * names no organization and project gets those of `scope` where its kind lives in a project.
 */
export function readEntityDocuments(
  text: string,
  options: { readonly file: string; readonly scope: { readonly orgIdentifier: string; readonly projectIdentifier: string } },
): { readonly documents: readonly EntityDocument[]; readonly diagnostics: readonly Diagnostic[] } {
  const { file } = options
  const parsed = parseEntityDocuments(text, { file })
  const diagnostics: Diagnostic[] = [...parsed.diagnostics]
  const documents: EntityDocument[] = []
  for (const document of parsed.documents) {
    const kind = document.kind
    const given = document.value as Record<string, unknown>
    const value = kind === 'pipeline' ? pipelineBody(given, document.source) : given
    if (kind === 'pipeline') {
      // The pipeline's own text begins somewhere in the file: its problems are told by the file's lines.
      for (const problem of parsePipeline(document.source, { file }).diagnostics) {
        diagnostics.push(problem.line === undefined ? problem : { ...problem, line: problem.line + document.sourceLine - 1 })
      }
    }
    const result = entityKinds[kind].schema.safeParse(inScope(kind, value, options.scope))
    if (result.success) {
      documents.push({ kind, value: result.data, file, line: document.locate([]).line, locate: document.locate })
      continue
    }
    for (const issue of result.error.issues) {
      const path = issue.path.filter((part) => typeof part !== 'symbol')
      const unknownKeys = issue.code === 'unrecognized_keys' ? issue.keys : []
      const place = document.locate(unknownKeys[0] === undefined ? path : [...path, unknownKeys[0]])
      const near = unknownKeys[0] === undefined ? undefined : didYouMean(unknownKeys[0], fieldNames(kind))
      diagnostics.push({
        severity: 'error',
        code: unknownKeys.length > 0 ? 'ENTITY_UNKNOWN_FIELD' : 'ENTITY_FIELD',
        message: `${kind}${path.length === 0 ? '' : ` ${path.join('.')}`}: ${issue.message}`,
        file,
        line: place.line,
        column: place.column,
        ...(near === undefined ? {} : { hint: `Did you mean "${near}"?` }),
      })
    }
  }
  return { documents, diagnostics }
}

/** All field names of a kind, at whatever depth. */
function fieldNames(kind: EntityKind): Set<string> {
  const names = new Set<string>()
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const [key, child] of Object.entries(node)) {
      if (key === 'properties' && typeof child === 'object' && child !== null) {
        for (const name of Object.keys(child)) names.add(name)
      }
      visit(child)
    }
  }
  visit(z.toJSONSchema(entityKinds[kind].schema, { io: 'input', unrepresentable: 'any' }))
  return names
}

/** A pipeline is stored as its YAML; the head repeats what the YAML says. Its content is checked by the pipeline parser. */
function pipelineBody(value: Record<string, unknown>, source: string | undefined): Record<string, unknown> {
  const head = ['identifier', 'name', 'orgIdentifier', 'projectIdentifier', 'description', 'tags']
  return {
    ...Object.fromEntries(head.flatMap((key) => (value[key] === undefined ? [] : [[key, value[key]]]))),
    yaml: source ?? '',
  }
}

function inScope(
  kind: EntityKind,
  value: Record<string, unknown>,
  scope: { orgIdentifier: string; projectIdentifier: string },
): Record<string, unknown> {
  switch (entityKinds[kind].scope) {
    case 'project':
      return { orgIdentifier: scope.orgIdentifier, projectIdentifier: scope.projectIdentifier, ...value }
    case 'org':
      return { orgIdentifier: scope.orgIdentifier, ...value }
    default:
      return value
  }
}
