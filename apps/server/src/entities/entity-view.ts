import type { EntityKind, EntityView } from '@sluice/contract'
import { countInstances, type Db, type EntityRow, readInstanceFacts, readSecretFacts } from '@sluice/store'

/** Entities as answers show them, with their read-only facts. Lists leave out what may be large: a pipeline's YAML. */
export async function toEntityViews(
  db: Db,
  kind: EntityKind,
  rows: readonly EntityRow[],
  form: 'whole' | 'list' = 'whole',
): Promise<EntityView[]> {
  const factsOf = await readFacts(db, kind, rows)
  return rows.map((row) => {
    const { yaml: _yaml, ...listed } = row.body
    const facts = factsOf(row)
    return {
      kind,
      spec: form === 'list' && kind === 'pipeline' ? listed : row.body,
      meta: { version: row.version, createdAt: row.created_at.toISOString(), updatedAt: row.updated_at.toISOString() },
      ...(facts === undefined ? {} : { facts }),
    }
  })
}

export async function toEntityView(db: Db, kind: EntityKind, row: EntityRow): Promise<EntityView> {
  const [view] = await toEntityViews(db, kind, [row])
  return view as EntityView
}

async function readFacts(
  db: Db,
  kind: EntityKind,
  rows: readonly EntityRow[],
): Promise<(row: EntityRow) => Record<string, unknown> | undefined> {
  const ids = rows.map((row) => row.id)
  switch (kind) {
    case 'secret': {
      const facts = await readSecretFacts(db, ids)
      return ({ id }) => ({ valueVersion: facts.get(id)?.valueVersion ?? 0, recipients: facts.get(id)?.recipients ?? [] })
    }
    case 'dbSchema': {
      const counts = await countInstances(db, ids)
      return ({ id }) => ({ instanceCount: counts.get(id) ?? 0 })
    }
    case 'dbInstance': {
      const facts = await readInstanceFacts(db, ids)
      return ({ id }) => ({ ...facts.get(id) })
    }
    case 'connector':
      return ({ target_key: targetKey }) => (targetKey === null ? undefined : { targetKey })
    default:
      return () => undefined
  }
}
