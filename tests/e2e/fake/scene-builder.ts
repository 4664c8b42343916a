import type { ExecutionView, StepView } from '@sluice/contract'
import { commit, files } from './fake-changesets.ts'
import { type FakeData, type Group, type Stage, stepsOf } from './fake-data.ts'
import { logOf } from './fake-log.ts'

/** What executions are made of; everything lies some seconds before `now` (milliseconds since the epoch). */
export function createSceneBuilder(data: FakeData, now: number) {
  const at = (secondsAgo: number): string => new Date(now - secondsAgo * 1000).toISOString()
  const step = (execution: string, path: string, init: Partial<StepView>): StepView => ({
    kind: 'step',
    stepRunId: `srun_${execution.slice(4)}_${path}`,
    identifier: path.split('/').at(-1) ?? path,
    name: path,
    path,
    type: 'DBSchemaApply',
    state: 'Pending',
    dbSchema: 'shop',
    ...init,
  })
  const group = (identifier: string, init: Partial<Group> & Pick<Group, 'nodes'>): Group => ({
    kind: 'stepGroup',
    groupId: `grp_${identifier}`,
    identifier,
    name: 'Database',
    implicit: false,
    state: 'Pending',
    ...init,
  })
  const add = (
    execution: Omit<
      ExecutionView,
      'version' | 'orgIdentifier' | 'projectIdentifier' | 'notes' | 'dbInstances' | 'stepCounts' | 'inputs' | 'cancelRequested'
    > &
      Partial<ExecutionView>,
  ): void => {
    const steps = execution.stages.flatMap(stepsOf)
    data.executions.set(execution.id, {
      version: 1,
      orgIdentifier: 'default',
      projectIdentifier: 'default',
      notes: [],
      inputs: {},
      cancelRequested: false,
      dbInstances: [...new Set(steps.flatMap(({ dbInstance }) => (dbInstance === undefined ? [] : [dbInstance])))],
      stepCounts: Object.fromEntries([...Map.groupBy(steps, ({ state }) => state)].map(([state, list]) => [state, list.length])),
      ...execution,
    })
  }
  /** A step that applied the shop's changesets, with its log and its rows. */
  const applied = (
    execution: string,
    stage: string,
    instance: string,
    secondsAgo: number,
    init: Partial<StepView> = {},
  ): StepView => {
    const path = `${stage}/database/apply`
    const made = step(execution, path, {
      name: `Apply to ${stage}`,
      state: 'Succeeded',
      startedAt: at(secondsAgo),
      endedAt: at(secondsAgo - 4.2),
      dbInstance: instance,
      targetKey: `postgresql://db-${stage}.example.internal:5432/shop`,
      commit,
      counts: { planned: files.length, applied: files.length, rolledBack: 0, failed: 0 },
      outputs: { tag: `${stage}-v7`, preStartTag: `${stage}-v6`, changeSets: String(files.length) },
      permit: { permitId: 'pmt_1', fence: 41, grantedAt: at(secondsAgo - 1), open: false },
      ...init,
    })
    const stream = made.stepRunId
    const text = logOf(now - secondsAgo * 1000, instance, files.length)
    data.logs.set(stream, { text, sealed: true })
    data.changesets.set(
      made.stepRunId,
      files.map(([file, changeset, description], index) => ({
        stepRunId: made.stepRunId,
        dbInstance: instance,
        id: changeset,
        author: 'ada',
        path: `db/${file}`,
        state: 'applied',
        durationMs: 12 + index * 37,
        statements: 1 + (index % 3),
        checksum: `9:${'c0ffee11'.repeat(4)}`,
        ...(description === '' ? {} : { description }),
        at: at(secondsAgo - 2 - index / 10),
      })),
    )
    return { ...made, log: { stream, length: Buffer.byteLength(text), sealed: true, gaps: 0 } }
  }
  const attempt = (state = 'ended') =>
    ({
      attemptId: 'att_1',
      number: 1,
      state,
      delegateName: 'dc-frankfurt',
      place: 'pid 4711 on runner-1',
      contact: 'ok',
    }) as const
  const stage = (identifier: string, name: string, state: Stage['state'], nodes: Stage['nodes']): Stage => ({
    identifier,
    name,
    state,
    nodes,
  })
  const shop = { pipelineIdentifier: 'deploy_shop', pipelineName: 'Deploy shop' }
  const pendingProduction = (execution: string, state: 'Pending' | 'Skipped'): Stage => {
    const why = state === 'Pending' ? {} : { reason: 'Stage "staging" failed.' }
    const dbInstance = 'shop_production'
    const production = stage('production', 'Production', state, [
      group('production_database', {
        state,
        ...why,
        nodes: [
          step(execution, 'production/database/apply', { name: 'Apply to production', state, ...why, dbInstance }),
          step(execution, 'production/database/undo', {
            name: 'Roll production back',
            type: 'DBSchemaRollback',
            state,
            ...why,
            dbInstance,
          }),
        ],
      }),
    ])
    return { ...production, ...why }
  }
  return { data, at, step, group, add, applied, attempt, stage, shop, pendingProduction }
}

export type SceneBuilder = ReturnType<typeof createSceneBuilder>
