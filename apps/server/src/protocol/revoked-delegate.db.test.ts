import { equal } from 'node:assert/strict'
import { it } from 'node:test'
import { protocolEndpoints } from '@sluice/contract'
import { tell } from './testing/protocol-client.ts'
import { openTestRunner } from './testing/test-runner.ts'
import { openTestShop, stepsOf } from './testing/test-shop.ts'

// A delegate that is revoked while it holds an attempt has no access token any more, but it alone can say that its runner is gone.
it('a revoked delegate says with the attempt’s token what became of its attempt, and a runner never does so', async (test) => {
  const shop = await openTestShop(test)
  const delegate = await shop.delegate()
  const executionId = await shop.run([{ steps: ['dev'] }])
  const accepted = await delegate.accept(await delegate.nextOffer())
  const runner = openTestRunner(shop.url, accepted)
  const { stepRunId } = await runner.nextOrder()
  await runner.report({ type: 'step.started', stepRunId })
  equal((await runner.permit(stepRunId)).status, 200)

  const sayGone = () =>
    tell(shop.url, protocolEndpoints.events, {
      token: accepted.attemptToken,
      params: { attemptId: accepted.task.attemptId },
      body: {
        epoch: accepted.task.epoch,
        source: 'delegate',
        bootId: delegate.bootId,
        events: [{ seq: 1, event: { type: 'attempt.gone', reason: 'killed', message: 'The runner was killed.' } }],
      },
    })
  equal((await sayGone()).code, 'EVENT_SOURCE_FORBIDDEN')
  await shop.server.call('PATCH', `/api/v1/delegates/${delegate.delegateId}`, { body: { revoked: true } })
  equal((await sayGone()).status, 200)
  await shop.until(executionId, 'Unknown')
  equal(stepsOf(await shop.view(executionId))[0]?.state, 'Unknown')
})
