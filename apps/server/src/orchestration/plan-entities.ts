import { type PlanEntity, type PlanKey, planKeyText, type Queryable, readPlanEntities } from '@sluice/store'
import type { Place } from '../access/caller.ts'
import { resolveReference } from '../entities/entity-references.ts'

/** What a plan refers to, read in as few queries as there are levels: instances and schemas, connectors, secrets. */
export class PlanEntities {
  readonly #connection: Queryable
  readonly #found = new Map<string, PlanEntity>()

  constructor(connection: Queryable) {
    this.#connection = connection
  }

  async load(keys: readonly (PlanKey | undefined)[]): Promise<void> {
    const wanted = new Map(keys.flatMap((key) => (key === undefined ? [] : [[planKeyText(key), key] as const])))
    for (const text of this.#found.keys()) wanted.delete(text)
    for (const [text, entity] of await readPlanEntities(this.#connection, [...wanted.values()])) this.#found.set(text, entity)
  }

  get(key: PlanKey | undefined): PlanEntity | undefined {
    return key === undefined ? undefined : this.#found.get(planKeyText(key))
  }
}

/** What `ref`, written in an entity of this place, names; undefined when there is no such level around it. */
export function keyOf(kind: string, ref: string, from: Place): PlanKey | undefined {
  const target = resolveReference(ref, from)
  if (target === undefined) return undefined
  // Field by field: `from` may be a whole entity, whose own kind must not get in.
  const { org, project } = target.place
  return { kind, org, project, identifier: target.identifier }
}

/** References to secrets in a connector: fields whose names end with `Ref`. */
export function secretRefsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([name, item]) =>
    name.endsWith('Ref') && typeof item === 'string' ? [item] : secretRefsOf(item),
  )
}
