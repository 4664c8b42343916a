import { registerSessionEndpoints } from './access/session-endpoints.ts'
import { registerAccountEndpoints } from './admin/account-endpoints.ts'
import { registerDelegateEndpoints } from './admin/delegate-endpoints.ts'
import { registerTargetEndpoints } from './admin/target-endpoints.ts'
import type { App } from './app-context.ts'
import { registerEntityBatch } from './entities/apply-entities.ts'
import { registerEntityEndpoints } from './entities/entity-endpoints.ts'
import { registerSecretEndpoints } from './entities/secret-endpoints.ts'
import type { ExecutionControl } from './executions/execution-control.ts'
import { registerExecutionEndpoints } from './executions/execution-endpoints.ts'
import { registerExecutionStreams } from './executions/execution-streams.ts'
import { registerLogEndpoints } from './executions/log-endpoints.ts'
import { registerRunEndpoint } from './executions/run-endpoint.ts'
import { registerHealth } from './health.ts'

/** Serves every call of the public API. */
export function registerPublicApi(app: App, control: ExecutionControl): void {
  registerHealth(app)
  registerSessionEndpoints(app)
  registerEntityEndpoints(app)
  registerEntityBatch(app)
  registerSecretEndpoints(app)
  registerRunEndpoint(app, control)
  registerExecutionEndpoints(app, control)
  registerExecutionStreams(app)
  registerLogEndpoints(app)
  registerDelegateEndpoints(app)
  registerAccountEndpoints(app)
  registerTargetEndpoints(app)
}
