import type { Endpoint } from '../endpoint.ts'
import { protocolEndpoints } from '../protocol/endpoints.ts'
import { entityBatchEndpoint, entityEndpoints, secretEndpoints } from './entities.ts'
import { executionEndpoints } from './executions.ts'
import { operationEndpoints } from './operations.ts'

/** Every call of the public API. */
export const publicEndpoints: readonly Endpoint[] = [
  ...Object.values(entityEndpoints).flatMap((group) => Object.values(group) as Endpoint[]),
  entityBatchEndpoint,
  ...Object.values(secretEndpoints),
  ...Object.values(executionEndpoints),
  ...Object.values(operationEndpoints),
]

/** Every call there is, the protocol of delegates and runners included. */
export const allEndpoints: readonly Endpoint[] = [...publicEndpoints, ...Object.values(protocolEndpoints)]
