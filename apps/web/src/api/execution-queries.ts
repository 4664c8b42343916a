import { entityEndpoints, executionEndpoints, type ExecutionSummary, operationEndpoints } from '@sluice/contract'
import { endpointQuery } from './endpoint-query.ts'

/** Rows on one page of the list. */
export const executionsPerPage = 25

/** What the list can be narrowed to; the same names stand in the page's address. */
export interface ExecutionFilters {
  readonly pipeline: string | undefined
  readonly state: ExecutionSummary['state'] | undefined
  readonly cursor: string | undefined
}

export const whoamiQuery = () => endpointQuery(operationEndpoints.whoami)

export const executionsQuery = ({ pipeline, state, cursor }: ExecutionFilters) =>
  endpointQuery(executionEndpoints.list, {
    query: {
      limit: executionsPerPage,
      ...(pipeline === undefined ? {} : { pipelineIdentifier: pipeline }),
      ...(state === undefined ? {} : { state }),
      ...(cursor === undefined ? {} : { cursor }),
    },
  })

export const executionQuery = (executionId: string) => endpointQuery(executionEndpoints.get, { params: { executionId } })

export const changesetsQuery = (executionId: string, stepRunId: string | undefined) =>
  endpointQuery(executionEndpoints.changesets, {
    params: { executionId },
    query: { limit: 500, ...(stepRunId === undefined ? {} : { stepRunId }) },
  })

export const kubernetesEventsQuery = (executionId: string) =>
  endpointQuery(executionEndpoints.kubernetesEvents, { params: { executionId } })
export const selectionQuery = (executionId: string) => endpointQuery(executionEndpoints.selection, { params: { executionId } })

/** Until the UI has a project switcher: the project that `./start` and the CLI use. */
export const currentScope = { orgIdentifier: 'default', projectIdentifier: 'default' } as const

export const pipelinesQuery = () => endpointQuery(entityEndpoints.pipeline.list, { query: { ...currentScope, limit: 500 } })

export const pipelineQuery = (identifier: string) =>
  endpointQuery(entityEndpoints.pipeline.get, { params: { identifier }, query: currentScope })

export const delegatesQuery = () => endpointQuery(operationEndpoints.delegates, { query: { limit: 200 } })

export const targetsQuery = () => endpointQuery(operationEndpoints.targets, { query: { limit: 200 } })
