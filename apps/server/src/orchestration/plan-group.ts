import { limits, type Timings } from '@sluice/base'
import type { Connector, TaskSpec } from '@sluice/contract'
import type { Failure, StepTarget } from '@sluice/pipeline'
import type { Queryable } from '@sluice/store'
import { keyOf, PlanEntities, secretRefsOf } from './plan-entities.ts'
import { type PlanProblem, toFailure } from './plan-problems.ts'
import { SecretSlots } from './plan-secrets.ts'
import { findStepEntities, planStep } from './plan-step.ts'

/** A TaskSpec without what only a placement gives it. */
export type PlannedSpec = Omit<TaskSpec, 'protocol' | 'attemptId' | 'taskId' | 'epoch'>

export interface GroupRequest {
  readonly executionId: string
  readonly org: string
  readonly project: string
  readonly pipelineIdentifier: string
  readonly groupPath: string
  readonly kind: TaskSpec['kind']
  /** Of step, group, stage or pipeline. Where there are none, the connectors' count. */
  readonly selectors: readonly string[]
  readonly steps: readonly { readonly target: StepTarget; readonly path: string }[]
  readonly inspection?: TaskSpec['inspection']
}

export type PlannedGroup =
  | {
      readonly ok: true
      readonly spec: PlannedSpec
      readonly selectors: readonly string[]
      readonly recipients: readonly string[] | undefined
    }
  | { readonly ok: false; readonly failure: Failure }

/** Longest life of an attempt: a month. */
const notAfterMsMax = 31 * 86_400_000

/**
 * Turns a group of steps into a task: looks up what each step refers to, and turns secrets into slots. Nothing that stands in an entity is
 * evaluated. What is missing or does not fit is said all at once.
 */
export async function planGroup(connection: Queryable, request: GroupRequest, timings: Timings): Promise<PlannedGroup> {
  const place = { org: request.org, project: request.project }
  const problems: PlanProblem[] = []
  const entities = new PlanEntities(connection)
  const { steps } = request
  await entities.load(
    steps.flatMap(({ target }) => [keyOf('dbSchema', target.dbSchema, place), keyOf('dbInstance', target.dbInstance, place)]),
  )
  await entities.load(
    steps.flatMap(({ target }) => {
      const changelog = entities.get(keyOf('dbSchema', target.dbSchema, place))?.body['changelog'] as
        | { connector: string }
        | undefined
      const connector = entities.get(keyOf('dbInstance', target.dbInstance, place))?.body['connector'] as string | undefined
      return [changelog?.connector, connector].map((ref) => (ref === undefined ? undefined : keyOf('connector', ref, place)))
    }),
  )
  const found = steps.flatMap(({ target, path }) => findStepEntities(entities, place, target, path, problems) ?? [])
  const connectors = found.flatMap((step) => [step.database, step.git])
  await entities.load(
    connectors.flatMap((connector) => secretRefsOf(connector.body.spec).map((ref) => keyOf('secret', ref, connector))),
  )

  const slots = new SecretSlots(problems)
  const planned = found.flatMap((step) => planStep(step, entities, slots, problems) ?? [])
  if (problems.length > 0) return { ok: false, failure: toFailure(problems) }
  const workMs = planned.reduce((sum, step) => sum + step.timeoutMs + timings.targetWaitMs, 0)
  return {
    ok: true,
    selectors: request.selectors.length > 0 ? request.selectors : selectorsOf(connectors.map((connector) => connector.body)),
    recipients: slots.recipients,
    spec: {
      kind: request.kind,
      executionId: request.executionId,
      scope: place,
      pipelineIdentifier: request.pipelineIdentifier,
      groupPath: request.groupPath,
      infra: { type: 'process' },
      secretMode: 'kubernetes',
      steps: planned,
      containers: [],
      registries: [],
      secrets: slots.slots,
      notAfterMs: Math.min(notAfterMsMax, workMs + timings.logSealMs + timings.sweepSlackMs),
      logBytesMax: limits.logBytesMax,
      ...(request.inspection === undefined ? {} : { inspection: request.inspection }),
    },
  }
}

function selectorsOf(connectors: readonly Connector[]): string[] {
  return [...new Set(connectors.flatMap((connector) => connector.spec.delegateSelectors ?? []))]
}
