import { operationEndpoints } from '@sluice/contract'
import type { App } from './app-context.ts'
import { registerEndpoint } from './http/register-endpoint.ts'

const answerMs = 2_000

/** `/health`: 200 while the database answers within two seconds, else 503. */
export function registerHealth(app: App): void {
  const { store, version, clock } = app.context
  registerEndpoint(app, operationEndpoints.health, async ({ reply }) => {
    const answers = await Promise.race([
      store.pool.query('select 1').then(
        () => true,
        () => false,
      ),
      clock.sleep(answerMs).then(() => false),
    ])
    if (answers) return { status: 'ok' as const, version }
    return reply.code(503).send({ status: 'unavailable', version })
  })
}
