import { limits, type Timings } from '@sluice/base'
import { type Connector, stepAudience, type TaskSpec, type TaskStep } from '@sluice/contract'
import type { DbStepTarget, Failure, GroupInfraTarget, RunStepTarget, StepTarget } from '@sluice/pipeline'
import { type AccountSettings, type Queryable, readPlanSettings } from '@sluice/store'
import type { Place } from '../access/caller.ts'
import { keyOf, PlanEntities, secretRefsOf } from './plan-entities.ts'
import { planPod, type PlannedPod, type PlannedScript, podConnectorRefs } from './plan-pod.ts'
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
  /** Absent: a process of the delegate. */
  readonly infra?: GroupInfraTarget | undefined
  readonly steps: readonly { readonly target: StepTarget; readonly path: string }[]
  readonly inspection?: TaskSpec['inspection']
}

export type PlannedGroup =
  | {
      readonly ok: true
      readonly spec: PlannedSpec
      readonly selectors: readonly string[]
      readonly recipients: readonly string[] | undefined
      /** Where a later inspection of it has to run, and in which image. */
      readonly infraTarget: GroupInfraTarget | undefined
    }
  | { readonly ok: false; readonly failure: Failure }

interface DatabaseWork {
  readonly target: DbStepTarget
  readonly path: string
}

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
  const settings = await readPlanSettings(connection)
  const databases = request.steps.flatMap(({ target, path }): DatabaseWork[] => (target.type === 'Run' ? [] : [{ target, path }]))
  const scripts = request.steps.flatMap(({ target, path }) => (target.type === 'Run' ? [{ target, path, slots: [] }] : []))
  await loadEntities(entities, place, request, databases, scripts)
  const found = databases.flatMap(({ target, path }) => findStepEntities(entities, place, target, path, problems) ?? [])
  const connectors = found.flatMap((step) => [step.database, step.git])

  const slots = new SecretSlots(problems)
  const steps = new Map<string, TaskStep>()
  for (const step of found) {
    const planned = planStep(step, entities, slots, problems)
    if (planned !== undefined) steps.set(planned.stepRunId, planned)
  }
  const refsOf = new Map<string, Record<string, string>>()
  const bound = scripts.map((script): PlannedScript => {
    const refs = bindSecrets(script.target, place, request.pipelineIdentifier, entities, slots)
    refsOf.set(script.target.stepRunId, refs)
    return { ...script, slots: Object.values(refs) }
  })
  const pod = planPlace(request, { place, settings, databases, bound }, entities, slots, problems)
  for (const { target, path, slots: own } of bound) {
    const container = pod.containerOf.get(target.stepRunId)
    steps.set(target.stepRunId, toTaskStep(target, path, own, refsOf.get(target.stepRunId) ?? {}, container))
  }
  if (problems.length > 0) return { ok: false, failure: toFailure(problems) }
  const planned = request.steps.flatMap(({ target }) => steps.get(target.stepRunId) ?? [])
  const workMs = planned.reduce((sum, step) => sum + step.timeoutMs + timings.targetWaitMs, 0)
  const initMs = pod.infra.type === 'kubernetes' ? pod.infra.initTimeoutMs : 0
  const bodies: Connector[] = [...connectors, ...pod.connectors].map((connector) => connector.body)
  return {
    ok: true,
    selectors: request.selectors.length > 0 ? request.selectors : selectorsOf(bodies),
    recipients: slots.recipients,
    infraTarget: inspectionInfra(request.infra, databases),
    spec: {
      kind: request.kind,
      executionId: request.executionId,
      scope: place,
      pipelineIdentifier: request.pipelineIdentifier,
      groupPath: request.groupPath,
      infra: pod.infra,
      secretMode: strictest(
        settings.secrets,
        entities.get(projectKey(place))?.body['secrets'],
        request.infra?.options.secretMode,
      ),
      steps: planned,
      containers: [...pod.containers],
      registries: [...pod.registries],
      secrets: slots.slots,
      notAfterMs: Math.min(notAfterMsMax, initMs + workMs + timings.logSealMs + timings.sweepSlackMs),
      logBytesMax: limits.logBytesMax,
      ...(request.inspection === undefined ? {} : { inspection: request.inspection }),
    },
  }
}

/** All entities that the group refers to, in as few queries as there are levels. */
async function loadEntities(
  entities: PlanEntities,
  place: Place,
  { infra }: GroupRequest,
  databases: readonly DatabaseWork[],
  scripts: readonly PlannedScript[],
): Promise<void> {
  const podRefs = infra === undefined ? [] : podConnectorRefs({ infra, databases, scripts })
  await entities.load([
    projectKey(place),
    ...databases.flatMap(({ target }) => [
      keyOf('dbSchema', target.dbSchema, place),
      keyOf('dbInstance', target.dbInstance, place),
    ]),
    ...podRefs.map((ref) => keyOf('connector', ref, place)),
    ...scripts.flatMap(({ target }) => target.secretRefs.map((ref) => keyOf('secret', ref, place))),
  ])
  const refs = databases.flatMap(({ target }) => {
    const changelog = entities.get(keyOf('dbSchema', target.dbSchema, place))?.body['changelog'] as
      | { connector: string }
      | undefined
    const connector = entities.get(keyOf('dbInstance', target.dbInstance, place))?.body['connector'] as string | undefined
    return [changelog?.connector, connector].filter((ref) => ref !== undefined)
  })
  await entities.load(refs.map((ref) => keyOf('connector', ref, place)))
  const connectors = [...refs, ...podRefs].flatMap((ref) => entities.get(keyOf('connector', ref, place)) ?? [])
  await entities.load(
    connectors.flatMap((connector) => secretRefsOf(connector.body['spec']).map((ref) => keyOf('secret', ref, connector))),
  )
}

function planPlace(
  request: GroupRequest,
  found: {
    readonly place: Place
    readonly settings: AccountSettings
    readonly databases: readonly DatabaseWork[]
    readonly bound: readonly PlannedScript[]
  },
  entities: PlanEntities,
  slots: SecretSlots,
  problems: PlanProblem[],
): PlannedPod {
  const { infra, groupPath } = request
  if (infra === undefined)
    return { infra: { type: 'process' }, containers: [], registries: [], connectors: [], containerOf: new Map() }
  const { place, settings, databases, bound } = found
  return planPod({ infra, place, groupPath, settings, databases, scripts: bound }, entities, slots, problems)
}

/** The slot of every secret that a script names. */
function bindSecrets(
  target: RunStepTarget,
  place: Place,
  pipelineIdentifier: string,
  entities: PlanEntities,
  slots: SecretSlots,
): Record<string, string> {
  const audience = stepAudience(place, pipelineIdentifier)
  return Object.fromEntries(
    target.secretRefs.map((ref): [string, string] => {
      const value = slots.add({ ref, secret: entities.get(keyOf('secret', ref, place)), use: 'step', audience })
      return [ref, value.kind === 'slot' ? value.slot : '']
    }),
  )
}

function toTaskStep(
  target: RunStepTarget,
  path: string,
  slots: readonly string[],
  refs: Record<string, string>,
  container: string | undefined,
): TaskStep {
  return {
    kind: 'run',
    stepRunId: target.stepRunId,
    path,
    type: target.type,
    timeoutMs: target.timeoutMs,
    shell: target.shell,
    ...(container === undefined ? {} : { container }),
    slots: [...slots],
    refs,
    outputVariables: target.outputVariables.map((output) => ({ ...output })),
  }
}

/** Where an inspection of a database step has to look from: the same place, in the same image. */
function inspectionInfra(infra: GroupInfraTarget | undefined, databases: readonly DatabaseWork[]): GroupInfraTarget | undefined {
  const ref = databases.map(({ target }) => target.connectorRef).find((name) => name !== undefined)
  return infra === undefined || ref === undefined ? infra : { ...infra, imageConnectorRef: ref }
}

function projectKey({ org, project }: Place): ReturnType<typeof keyOf> {
  return { kind: 'project', org, project: '', identifier: project }
}

/** The strictest of account, project and step group: none can weaken what another asks for. */
function strictest(...asked: readonly unknown[]): TaskSpec['secretMode'] {
  return asked.includes('runtime') ? 'runtime' : 'kubernetes'
}

function selectorsOf(connectors: readonly Connector[]): string[] {
  return [...new Set(connectors.flatMap((connector) => connector.spec.delegateSelectors ?? []))]
}
