import { createId } from '@sluice/base'
import type { Kysely } from 'kysely'
import { toJson } from './json.ts'
import type { Database } from './schema.ts'

/** The `default` organization and its `default` project, made where there are no organizations at all. */
export async function ensureDefaultScopes(db: Kysely<Database>): Promise<void> {
  const any = await db.selectFrom('entities').select('id').where('kind', '=', 'organization').limit(1).executeTakeFirst()
  if (any !== undefined) return
  const now = { name: 'Default', tags: '{}' }
  await db
    .insertInto('entities')
    .values([
      {
        ...now,
        id: createId('ent'),
        kind: 'organization',
        org: '',
        project: '',
        identifier: 'default',
        body: toJson({ identifier: 'default', name: 'Default' }),
      },
      {
        ...now,
        id: createId('ent'),
        kind: 'project',
        org: 'default',
        project: '',
        identifier: 'default',
        body: toJson({ identifier: 'default', orgIdentifier: 'default', name: 'Default' }),
      },
    ])
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
