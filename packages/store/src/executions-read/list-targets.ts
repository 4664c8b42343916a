import { type Kysely, sql } from 'kysely'
import type { Database, StepRunState } from '../schema.ts'

export interface TargetInstance {
  readonly org: string
  readonly project: string
  readonly identifier: string
}

export interface TargetRow {
  readonly target_key: string
  readonly fence: number
  readonly instances: readonly TargetInstance[]
  /** The step that holds its open permit. */
  readonly execution_id: string | null
  readonly step_run_id: string | null
  readonly step_path: string | null
  readonly step_state: StepRunState | null
  readonly pipeline: string | null
  readonly holder_org: string | null
  readonly holder_project: string | null
  readonly since: Date | null
}

/**
 * Targets in the order of their keys: those that connectors name, and those that ever had a permit. A caller whose scope is not the
 * account sees the targets of DB instances in its scope.
 */
export async function listTargets(
  db: Kysely<Database>,
  filter: {
    readonly visibleTo: { readonly org: string; readonly project: string }
    readonly state: 'free' | 'busy' | 'blocked' | undefined
  },
  page: { readonly limit: number; readonly after: string | undefined },
): Promise<TargetRow[]> {
  const { visibleTo, state } = filter
  const inScope = sql`(${visibleTo.org} = '' or i.org = ${visibleTo.org}) and (${visibleTo.project} = '' or i.project = ${visibleTo.project})`
  const conditions = [sql`true`]
  if (page.after !== undefined) conditions.push(sql`t.target_key > ${page.after}`)
  if (visibleTo.org !== '') conditions.push(sql`seen.instances is not null`)
  if (state === 'free') conditions.push(sql`p.step_run_id is null`)
  if (state === 'busy') conditions.push(sql`p.step_run_id is not null and s.state <> 'unknown'`)
  if (state === 'blocked') conditions.push(sql`s.state = 'unknown'`)
  const { rows } = await sql<TargetRow>`
    with keys as (
      select distinct target_key from entities where target_key is not null
      union
      select target_key from target_fences
    )
    select t.target_key, coalesce(f.fence, 0) as fence, coalesce(seen.instances, '[]'::jsonb) as instances,
      p.execution_id, p.step_run_id, s.path as step_path, s.state as step_state, x.pipeline_identifier as pipeline, x.org as holder_org, x.project as holder_project, p.granted_at as since
    from keys t
    left join target_fences f on f.target_key = t.target_key
    left join permits p on p.target_key = t.target_key and p.released_at is null
    left join step_runs s on s.id = p.step_run_id
    left join executions x on x.id = p.execution_id
    left join lateral (
      select jsonb_agg(jsonb_build_object('org', i.org, 'project', i.project, 'identifier', i.identifier)
        order by i.org, i.project, i.identifier) as instances
      from entities c
      join entity_refs r on r.kind = 'connector' and r.org = c.org and r.project = c.project and r.identifier = c.identifier
      join entities i on i.id = r.entity_id and i.kind = 'dbInstance'
      where c.target_key = t.target_key and ${inScope}
    ) seen on true
    where ${sql.join(conditions, sql` and `)}
    order by t.target_key limit ${page.limit}
  `.execute(db)
  return rows
}
