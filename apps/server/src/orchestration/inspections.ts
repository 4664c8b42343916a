import type { GroupInfraTarget } from '@sluice/pipeline'
import { enqueueTask, openInspection, type Queryable, readInspectedStep, withdrawInspections } from '@sluice/store'
import type { OrchestrationDeps } from './deps.ts'
import { planGroup } from './plan-group.ts'

/** Inspections go before step groups: a person or a blocked target waits for each. */
const inspectionPriority = 50
/** An inspection connects and reads. */
const inspectionMs = 300_000

/**
 * Queues a look at the database of a step whose outcome is unknown. It reads only and decides nothing. Where it cannot be planned, the
 * record beside the step says why.
 */
export async function startInspection(
  connection: Queryable,
  deps: Pick<OrchestrationDeps, 'timings'>,
  stepRunId: string,
): Promise<void> {
  await withdrawInspections(connection, stepRunId)
  const step = await readInspectedStep(connection, stepRunId)
  if (step === undefined) {
    await openInspection(connection, {
      stepRunId,
      taskId: undefined,
      message: 'No attempt ever had this step: nothing was written.',
    })
    return
  }
  const { executionId, org, project, path } = step
  const planned = await planGroup(
    connection,
    {
      executionId,
      org,
      project,
      pipelineIdentifier: '',
      groupPath: path,
      kind: 'inspection',
      selectors: step.selectors,
      ...(step.infraTarget === null ? {} : { infra: step.infraTarget as unknown as GroupInfraTarget }),
      steps: [
        {
          path,
          target: {
            stepRunId,
            type: step.type === 'DBSchemaRollback' ? 'DBSchemaRollback' : 'DBSchemaApply',
            dbSchema: step.dbSchema,
            dbInstance: step.dbInstance,
            timeoutMs: inspectionMs,
          },
        },
      ],
      inspection: {
        stepRunId,
        attemptId: step.attemptId,
        epoch: step.epoch,
        direction: step.type === 'DBSchemaRollback' ? 'rollback' : 'apply',
        ...(step.planDigest === null ? {} : { planDigest: step.planDigest }),
        ...(step.commit === null ? {} : { commit: step.commit }),
        changesets: [...step.changesets],
      },
    },
    deps.timings,
  )
  if (!planned.ok) {
    const message = `The inspection could not be planned. ${planned.failure.message}`
    await openInspection(connection, { stepRunId, taskId: undefined, message })
    return
  }
  const taskId = await enqueueTask(connection, {
    executionId,
    groupId: `inspect:${stepRunId}`,
    groupPath: path,
    kind: 'inspection',
    org,
    project,
    selectors: planned.selectors,
    recipients: planned.recipients,
    infra: planned.spec.infra.type,
    spec: planned.spec,
    stepRunId,
    priority: inspectionPriority,
  })
  await openInspection(connection, { stepRunId, taskId })
}
