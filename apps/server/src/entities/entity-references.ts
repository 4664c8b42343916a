import type { EntityKind, IssueView } from '@sluice/contract'
import type { Pipeline, Template } from '@sluice/pipeline'
import type { EntityReference } from '@sluice/store'
import type { Place } from '../access/caller.ts'
import { describePlace } from '../access/caller.ts'

/** A reference as it was found, with what may be wrong with the way it is written. */
interface Found {
  readonly references: EntityReference[]
  readonly issues: IssueView[]
}

/** Everything that an entity refers to, its organization and project included. */
export function findReferences(
  kind: EntityKind,
  place: Place,
  body: Readonly<Record<string, unknown>>,
  pipeline?: Pipeline,
): Found {
  const found: Found = { references: [], issues: [] }
  if (place.org !== '')
    found.references.push({ field: 'orgIdentifier', kind: 'organization', org: '', project: '', identifier: place.org })
  if (place.project !== '') {
    found.references.push({ field: 'projectIdentifier', kind: 'project', org: place.org, project: '', identifier: place.project })
  }
  if (kind === 'connector') collectSecretRefs(body['spec'], 'spec', place, found)
  if (kind === 'dbSchema') {
    const changelog = body['changelog'] as { connector: string }
    add(found, 'changelog.connector', 'connector', changelog.connector, place)
  }
  if (kind === 'dbInstance') {
    add(found, 'dbSchema', 'dbSchema', String(body['dbSchema']), place)
    add(found, 'connector', 'connector', String(body['connector']), place)
  }
  if (kind === 'pipeline' && pipeline !== undefined) collectPipelineRefs(pipeline, place, found)
  return found
}

/**
 * Resolves `x` (where the referring entity lives), `org.x` and `account.x`. Undefined when there is no such level around the entity.
 */
export function resolveReference(ref: string, from: Place): { place: Place; identifier: string } | undefined {
  if (ref.startsWith('account.')) return { place: { org: '', project: '' }, identifier: ref.slice('account.'.length) }
  if (ref.startsWith('org.')) {
    return from.org === '' ? undefined : { place: { org: from.org, project: '' }, identifier: ref.slice('org.'.length) }
  }
  return { place: from, identifier: ref }
}

function add(found: Found, field: string, kind: EntityKind, ref: string, from: Place): void {
  const target = resolveReference(ref, from)
  if (target === undefined) {
    found.issues.push({
      path: field.split('.'),
      code: 'REFERENCE_SCOPE',
      message: `"${ref}" in "${field}" names something of an organization, but this lives in ${describePlace(from)}.`,
      hint: 'Write it without "org." and create it beside this.',
    })
    return
  }
  found.references.push({ field, kind, ...target.place, identifier: target.identifier })
}

/** Fields of connectors whose names end with `Ref` name secrets. */
function collectSecretRefs(value: unknown, path: string, place: Place, found: Found): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  for (const [name, item] of Object.entries(value)) {
    const field = `${path}.${name}`
    if (name.endsWith('Ref') && typeof item === 'string') add(found, field, 'secret', item, place)
    else collectSecretRefs(item, field, place, found)
  }
}

function collectPipelineRefs(pipeline: Pipeline, place: Place, found: Found): void {
  const secrets = (template: Template | undefined, field: string): void => {
    for (const part of template ?? []) if (part.kind === 'secret') add(found, field, 'secret', part.ref, place)
  }
  for (const variable of pipeline.variables) secrets(variable.value, `pipeline.variables.${variable.name}`)
  for (const stage of pipeline.stages) {
    for (const variable of stage.variables) secrets(variable.value, `${stage.identifier}.variables.${variable.name}`)
    for (const group of groupsOf(stage)) {
      const owner = `${stage.identifier}.${group.identifier}`
      for (const variable of group.variables) secrets(variable.value, `${owner}.variables.${variable.name}`)
    }
    for (const step of stepsOf(stage)) {
      const field = `${stage.identifier}.${step.identifier}`
      const { spec } = step
      if (spec.type === 'Run') {
        secrets(spec.command, `${field}.command`)
        for (const { name, value } of spec.envVariables) secrets(value, `${field}.envVariables.${name}`)
        continue
      }
      const dbSchema = literal(spec.dbSchema)
      const dbInstance = literal(spec.dbInstance)
      if (dbSchema !== undefined) add(found, `${field}.dbSchema`, 'dbSchema', dbSchema, place)
      if (dbInstance !== undefined) add(found, `${field}.dbInstance`, 'dbInstance', dbInstance, place)
    }
  }
}

/** Text without expressions; anything else is known only when it runs. */
function literal(template: Template): string | undefined {
  if (template.some((part) => part.kind !== 'text')) return undefined
  return template.map((part) => (part.kind === 'text' ? part.text : '')).join('')
}

function* groupsOf(stage: Pipeline['stages'][number]) {
  for (const node of stage.nodes) {
    for (const child of node.kind === 'parallel' ? node.nodes : [node]) if (child.kind === 'group') yield child
  }
}

function* stepsOf(stage: Pipeline['stages'][number]) {
  for (const node of stage.nodes) {
    for (const child of node.kind === 'parallel' ? node.nodes : [node]) {
      if (child.kind === 'step') yield child
      else for (const inner of child.nodes) yield* inner.kind === 'parallel' ? inner.nodes : [inner]
    }
  }
}
