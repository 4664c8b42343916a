import { createHash, randomBytes } from 'node:crypto'
import { createId } from '@sluice/base'
import { type AttemptEvent, protocolEndpoints, type StepOrder, type TaskSpec } from '@sluice/contract'
import { type ProtocolAnswer, tell as tellOnce } from './protocol-client.ts'
import type { Accepted } from './test-delegate.ts'

/** A runner's side of the protocol, made of single calls. */
export interface TestRunner {
  url: string
  readonly task: TaskSpec
  readonly token: string
  bootId: string
  next(running?: readonly string[]): Promise<ProtocolAnswer<{ orders: StepOrder[]; cancels: Cancel[]; done: boolean }>>
  /** Waits for the next order. */
  nextOrder(): Promise<StepOrder>
  report(...events: AttemptEvent[]): Promise<ProtocolAnswer<{ lastSeq: number }>>
  reportAt(seq: number, event: AttemptEvent): Promise<ProtocolAnswer<{ lastSeq: number }>>
  permit(stepRunId: string, options?: PermitOptions): Promise<ProtocolAnswer<{ permitId: string; fence: number }>>
  heartbeat(): Promise<ProtocolAnswer<{ cancels: Cancel[] }>>
  log(
    stream: string,
    offset: number,
    bytes: Uint8Array,
    headers?: Record<string, string>,
  ): Promise<ProtocolAnswer<{ nextOffset: number }>>
  seal(stream: string, bytes: Uint8Array): Promise<ProtocolAnswer<object>>
  complete(outcomes?: Readonly<Record<string, string>>): Promise<ProtocolAnswer<object>>
  /** Does one step from its order to its end, with a permit. */
  runStep(order: StepOrder, outcome?: 'Succeeded' | 'Failed'): Promise<void>
  /** Does everything until there is nothing more to do. */
  runAll(): Promise<void>
}

interface Cancel {
  stepRunId: string
  mode: string
}

export interface PermitOptions {
  readonly nonce?: string
  readonly serverIdentity?: string
  readonly targetKey?: string
}

export function openTestRunner(url: string, { task, attemptToken }: Pick<Accepted, 'task' | 'attemptToken'>): TestRunner {
  const { attemptId, epoch } = task
  const bootId = createId('boot')
  let seq = 0
  const permitNonces = new Map<string, string>()
  const nonceOf = (stepRunId: string): string => {
    const known = permitNonces.get(stepRunId) ?? randomBytes(24).toString('base64url')
    permitNonces.set(stepRunId, known)
    return known
  }
  const call = { token: attemptToken, params: { attemptId } }

  const runner: TestRunner = {
    url,
    task,
    token: attemptToken,
    bootId,
    next: (running = []) =>
      tell(runner.url, protocolEndpoints.next, { ...call, body: { epoch, bootId: runner.bootId, running: [...running] } }),
    async nextOrder() {
      for (;;) {
        const { body, code } = await runner.next()
        if (code !== undefined) throw new Error(`next answered ${code}`)
        if (body.orders[0] !== undefined) return body.orders[0]
        if (body.done) throw new Error('No order came any more.')
      }
    },
    report(...events) {
      const numbered = events.map((event) => ({ seq: ++seq, event }))
      return tell(runner.url, protocolEndpoints.events, {
        ...call,
        body: { epoch, source: 'runner', bootId: runner.bootId, events: numbered },
      })
    },
    reportAt: (at, event) =>
      tell(runner.url, protocolEndpoints.events, {
        ...call,
        body: { epoch, source: 'runner', bootId: runner.bootId, events: [{ seq: at, event }] },
      }),
    permit(stepRunId, options = {}) {
      const step = task.steps.find((candidate) => candidate.stepRunId === stepRunId)
      return tell(runner.url, protocolEndpoints.permit, {
        token: attemptToken,
        params: { attemptId, stepRunId },
        body: {
          epoch,
          bootId: runner.bootId,
          nonce: options.nonce ?? nonceOf(stepRunId),
          targetKey: options.targetKey ?? (step?.kind === 'database' ? step.database.targetKey : ''),
          ...(options.serverIdentity === undefined ? {} : { serverIdentity: options.serverIdentity }),
          planDigest: 'digest',
          changesetCount: 1,
        },
      })
    },
    heartbeat: () =>
      tell(runner.url, protocolEndpoints.runnerHeartbeat, { ...call, body: { epoch, bootId: runner.bootId, running: [] } }),
    log: (stream, offset, bytes, headers = {}) =>
      tell(runner.url, protocolEndpoints.appendLog, {
        token: attemptToken,
        params: { attemptId, stream },
        query: { offset, epoch },
        bytes,
        headers,
      }),
    seal: (stream, bytes) =>
      tell(runner.url, protocolEndpoints.sealLog, {
        token: attemptToken,
        params: { attemptId, stream },
        body: { epoch, length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), gaps: [] },
      }),
    complete: (outcomes = {}) =>
      tell(runner.url, protocolEndpoints.complete, {
        ...call,
        body: {
          epoch,
          bootId: runner.bootId,
          steps: Object.entries(outcomes).map(([stepRunId, outcome]) => ({ stepRunId, outcome })),
        },
      }),
    async runStep({ stepRunId }, outcome = 'Succeeded') {
      const step = task.steps.find((candidate) => candidate.stepRunId === stepRunId)
      const source = step?.kind === 'database' ? step.source : undefined
      await must(
        runner.report(
          { type: 'step.started', stepRunId },
          { type: 'source.resolved', stepRunId, sourceKey: source?.sourceKey ?? '', commit: 'c0ffee' },
          {
            type: 'plan.ready',
            stepRunId,
            digest: 'digest',
            total: 1,
            changesets: [{ id: '1', author: 'a', path: 'p' }],
            more: false,
          },
        ),
      )
      for (;;) {
        const answer = await runner.permit(stepRunId)
        if (answer.status === 200) break
        if (answer.code !== 'TARGET_LOCKED') throw new Error(`permit answered ${answer.code ?? ''}`)
        await new Promise((resolve) => setTimeout(resolve, Number(answer.details['retryAfterMs'])))
      }
      const log = Buffer.from(`log of ${stepRunId}\n`)
      await must(runner.log(stepRunId, 0, log))
      await must(
        runner.report(
          {
            type: 'changeset.finished',
            stepRunId,
            id: '1',
            author: 'a',
            path: 'p',
            state: outcome === 'Succeeded' ? 'applied' : 'failed',
            durationMs: 1.5,
            statements: 1,
          },
          {
            type: 'step.finished',
            stepRunId,
            outcome,
            ...(outcome === 'Failed' ? { failure: { kind: 'step' as const, code: 'SQL', message: 'It failed.' } } : {}),
            outputs: { tag: 'v1' },
            summary: { applied: 1, skipped: 0, rolledBack: 0, lastTag: 'v1' },
          },
        ),
      )
      await must(runner.seal(stepRunId, log))
    },
    async runAll() {
      for (;;) {
        const { body, status } = await must(runner.next())
        if (status !== 200) return
        for (const order of body.orders) await runner.runStep(order)
        if (body.done) break
      }
      const log = Buffer.from('runner\n')
      await must(runner.log(attemptId, 0, log))
      await must(runner.seal(attemptId, log))
      await must(runner.complete())
    },
  }
  return runner
}

/** As runners do: the same call again while nobody answers or the server is in trouble. */
const tell: typeof tellOnce = async (url, endpoint, input) => {
  for (let tries = 0; ; tries++) {
    const answer = await tellOnce(url, endpoint, input).catch((error: unknown) => {
      if (tries >= 40) throw error
      return undefined
    })
    if (answer !== undefined && (answer.status < 500 || tries >= 40)) return answer
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function must<Answer extends ProtocolAnswer<unknown>>(promise: Promise<Answer>): Promise<Answer> {
  const answer = await promise
  if (answer.status >= 300) throw new Error(`A call answered ${String(answer.status)} ${answer.code ?? ''}`)
  return answer
}
