import { operationEndpoints, type targetView } from '@sluice/contract'
import { getEntity, listInstanceChangesets, listTargets, type TargetRow } from '@sluice/store'
import type { z } from 'zod'
import { type Caller, contains } from '../access/caller.ts'
import type { App } from '../app-context.ts'
import { requireVisible } from '../entities/entity-endpoints.ts'
import { placeOf } from '../entities/entity-place.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'

/** Target databases: what holds or blocks each, and what was applied where. */
export function registerTargetEndpoints(app: App): void {
  const { store } = app.context

  registerEndpoint(app, operationEndpoints.targets, async ({ query, caller }) => {
    const [after] = decodeCursor(query.cursor, 1) ?? []
    const rows = await listTargets(store.db, { visibleTo: caller.scope, state: query.state }, { limit: query.limit + 1, after })
    const views = rows.map((row) => toTargetView(row, caller))
    return toPage(rows, query.limit, (row) => [row.target_key], views)
  })

  registerEndpoint(app, operationEndpoints.instanceChangesets, async ({ params, query, caller }) => {
    const key = { kind: 'dbInstance', ...placeOf('dbInstance', query), identifier: params.identifier }
    requireVisible(caller, key, await getEntity(store.db, key))
    const [before] = decodeCursor(query.cursor, 1) ?? []
    const rows = await listInstanceChangesets(store.db, key, {
      limit: query.limit + 1,
      beforeId: before === undefined ? undefined : Number(before) || 0,
    })
    const items = rows.map((row) => ({
      id: row.changeset_id,
      author: row.author,
      path: row.path,
      state: row.state,
      executionId: row.execution_id,
      durationMs: row.duration_ms,
      at: row.at.toISOString(),
    }))
    return toPage(rows, query.limit, (row) => [String(row.id)], items)
  })
}

type TargetView = z.input<typeof targetView>

function toTargetView(row: TargetRow, caller: Caller): TargetView {
  const state: TargetView['state'] = row.step_run_id === null ? 'free' : row.step_state === 'unknown' ? 'blocked' : 'busy'
  // Another project's step may hold the same database: that it does is no secret here, which one is.
  const shown = contains(caller.scope, { org: row.holder_org ?? '', project: row.holder_project ?? '' })
  return {
    targetKey: row.target_key,
    state,
    fence: row.fence,
    dbInstances: row.instances.map(({ org, project, identifier }) => ({
      orgIdentifier: org,
      projectIdentifier: project,
      identifier,
    })),
    ...(row.step_run_id === null || !shown
      ? {}
      : {
          holder: {
            executionId: row.execution_id ?? '',
            stepRunId: row.step_run_id,
            stepPath: row.step_path ?? '',
            pipelineIdentifier: row.pipeline ?? '',
            since: (row.since ?? new Date(0)).toISOString(),
            stepState: row.step_state ?? '',
          },
        }),
    ...(state === 'blocked' && shown
      ? {
          hint: `sluice execution resolve ${row.execution_id ?? ''} ${row.step_run_id ?? ''} --as succeeded|failed|not-started --reason "…"`,
        }
      : {}),
  }
}
