import { registerSessionEndpoints } from './access/session-endpoints.ts'
import type { App } from './app-context.ts'
import { registerEntityEndpoints } from './entities/entity-endpoints.ts'
import { registerSecretEndpoints } from './entities/secret-endpoints.ts'
import { registerHealth } from './health.ts'

/** Serves every call of the contract. */
export async function registerAll(app: App): Promise<void> {
  registerHealth(app)
  registerSessionEndpoints(app)
  registerEntityEndpoints(app)
  registerSecretEndpoints(app)
}
