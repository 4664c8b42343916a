import { createHash, createPublicKey, randomUUID, verify } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type AttemptEvent, type DelegateCommand, type TaskSpec, proofText } from '@sluice/contract'
import { createFakeHttp, type FakeCall, Refusal } from './fake-http.ts'

/** What the fake control plane knows of an attempt. */
export interface FakeAttempt {
  readonly task: TaskSpec
  readonly token: string
  state: 'offered' | 'accepted' | 'declined' | 'completed' | 'gone'
  /** What the delegate reported, without repeats. */
  readonly events: AttemptEvent[]
  /** What the runner reported. */
  readonly runnerEvents: AttemptEvent[]
  readonly seen: Map<string, string>
  declineReason?: { code: string; message: string }
  /** Tells the runner that there is nothing more to do. */
  done: boolean
  fenced: boolean
  cancel?: 'graceful' | 'interrupt' | 'force'
  readonly log: Map<string, { bytes: Buffer; sealed: boolean }>
}

/** A control plane in memory that speaks the delegate's and the runner's protocol, for tests of the delegate. */
export interface FakeServer {
  readonly url: string
  readonly attempts: Map<string, FakeAttempt>
  readonly heartbeats: { bootId: string; draining: boolean; free: number; attempts: { attemptId: string; phase: string }[] }[]
  readonly polls: { free: number; draining: boolean }[]
  readonly enrolments: { name: string; authPublicKey: string; token: string }[]
  readonly calls: string[]
  /** Long polls that were given up by their caller. */
  canceledNexts: number
  /** Next calls that are being held. */
  heldNexts: number
  deregistered: number
  revoked: boolean
  /** What heartbeats are told about draining. */
  drain: boolean
  /** How long polls and `next` calls are held. */
  holdMs: number
  /** Answers every call with this error instead. */
  failWith: { status: number; code: string; retryAfter?: number } | undefined
  /** Swallows the answers to these calls, after having acted on them. */
  readonly loseReplies: Map<string, number>
  offer(task: TaskSpec): FakeAttempt
  send(command: DelegateCommand): void
  /** As after a restore of an older database. */
  forgetInstances(): void
  /** Wakes polls and held calls. */
  wake(): void
  until<T>(look: () => T | undefined | false, what: string): Promise<T>
  /** Stops listening; `back` listens at the same port again. */
  away(): Promise<void>
  back(): Promise<void>
  close(): Promise<void>
}

export async function openFakeServer(): Promise<FakeServer> {
  const accessTokens = new Set<string>()
  const nonces = new Set<string>()
  const instances = new Map<string, string>()
  const commands: DelegateCommand[] = []
  const waiters = new Set<() => void>()

  const wake = (): void => {
    for (const waiter of [...waiters]) waiter()
  }
  const hold = (request: IncomingMessage): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        waiters.delete(end)
        request.socket.off('close', end)
        resolve()
      }
      const timer = setTimeout(end, fake.holdMs)
      waiters.add(end)
      request.socket.once('close', end)
    })

  const attemptOf = (params: FakeCall['params']): FakeAttempt => {
    const attempt = fake.attempts.get(params['attemptId'] ?? '')
    if (attempt === undefined) throw new Refusal(404, 'ATTEMPT_UNKNOWN')
    return attempt
  }
  const verified = (publicKey: string, text: string, signature: string): boolean =>
    verify(
      null,
      Buffer.from(text),
      createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' }),
      Buffer.from(signature, 'base64url'),
    )
  const takeNonce = (nonce: string): void => {
    if (!nonces.delete(nonce)) throw new Refusal(401, 'NONCE_UNKNOWN')
  }
  const fence = (attempt: FakeAttempt): void => {
    if (attempt.fenced || attempt.state === 'completed') throw new Refusal(409, 'ATTEMPT_FENCED')
  }

  type Handler = (call: FakeCall & { readonly body: never }) => unknown
  const handlers: Record<string, Handler> = {
    nonce: () => {
      const nonce = randomUUID()
      nonces.add(nonce)
      return { nonce, expiresInMs: 60_000 }
    },
    enroll: ({ body }: { body: { token: string; name: string; authPublicKey: string; nonce: string; proof: string } }) => {
      takeNonce(body.nonce)
      if (!verified(body.authPublicKey, proofText('enroll', body.authPublicKey, body.nonce), body.proof))
        throw new Refusal(401, 'PROOF_INVALID')
      const known = [...instances].find(([, key]) => key === body.authPublicKey)?.[0]
      if (known === undefined && body.token !== 'enrol-me') throw new Refusal(401, 'TOKEN_INVALID')
      fake.enrolments.push(body)
      const instanceId = known ?? `ins_${instances.size + 1}`
      instances.set(instanceId, body.authPublicKey)
      return { delegateId: 'del_1', instanceId, protocol: 1, approved: true }
    },
    token: ({ body }: { body: { instanceId: string; nonce: string; signature: string } }) => {
      takeNonce(body.nonce)
      if (fake.revoked) throw new Refusal(401, 'DELEGATE_REVOKED')
      const key = instances.get(body.instanceId)
      if (key === undefined) throw new Refusal(401, 'DELEGATE_UNKNOWN')
      if (!verified(key, proofText('token', body.instanceId, body.nonce), body.signature)) throw new Refusal(401, 'PROOF_INVALID')
      const accessToken = randomUUID()
      accessTokens.add(accessToken)
      return { accessToken, expiresInMs: 600_000, protocol: 1 }
    },
    poll: async ({ body, request }: { body: { free: number; draining: boolean }; request: IncomingMessage }) => {
      fake.polls.push(body)
      const ready = (): DelegateCommand[] => [
        ...commands.splice(0),
        ...[...fake.attempts.values()]
          .filter(({ state }) => state === 'offered' && body.free > 0 && !body.draining)
          .map(({ task }) => ({
            type: 'offer' as const,
            attemptId: task.attemptId,
            epoch: task.epoch,
            scope: task.scope,
            infraType: task.infra.type,
            offerMs: 10_000,
          })),
      ]
      // As the real one: held to its end, unless there is something to say to a caller of this many free places.
      const endsAt = Date.now() + fake.holdMs
      let said = ready()
      while (said.length === 0 && Date.now() < endsAt && !request.socket.destroyed) {
        await hold(request)
        said = ready()
      }
      return { commands: said }
    },
    heartbeat: ({ body }: { body: FakeServer['heartbeats'][number] & { attempts: { attemptId: string }[] } }) => {
      fake.heartbeats.push(body)
      return {
        heartbeatMs: 100,
        drain: fake.drain,
        attempts: body.attempts.map(({ attemptId }) => {
          const attempt = fake.attempts.get(attemptId)
          const isOver = attempt === undefined || attempt.fenced
          return {
            attemptId,
            verdict: isOver ? 'fenced' : 'ok',
            leaseMs: 60_000,
            ...(attempt?.cancel === undefined ? {} : { cancel: attempt.cancel }),
          }
        }),
      }
    },
    deregister: () => {
      fake.deregistered++
      return {}
    },
    accept: ({ params }) => {
      const attempt = attemptOf(params)
      fence(attempt)
      if (attempt.state === 'offered') attempt.state = 'accepted'
      return { task: attempt.task, attemptToken: attempt.token, leaseMs: 60_000 }
    },
    decline: ({ params, body }: { params: FakeCall['params']; body: { reason: { code: string; message: string } } }) => {
      const attempt = attemptOf(params)
      attempt.state = 'declined'
      attempt.declineReason = body.reason
      return {}
    },
    next: async ({ params, request }) => {
      const attempt = attemptOf(params)
      fence(attempt)
      if (!attempt.done) {
        fake.heldNexts++
        await hold(request)
        fake.heldNexts--
        if (request.socket.destroyed) fake.canceledNexts++
      }
      return { orders: [], cancels: [], done: attempt.done }
    },
    events: ({
      params,
      body,
    }: {
      params: FakeCall['params']
      body: { source: 'runner' | 'delegate'; bootId: string; events: { seq: number; event: AttemptEvent }[] }
    }) => {
      const attempt = attemptOf(params)
      fence(attempt)
      for (const { seq, event } of body.events) {
        const key = `${body.source} ${body.bootId} ${seq}`
        const text = JSON.stringify(event)
        const earlier = attempt.seen.get(key)
        if (earlier !== undefined && earlier !== text) throw new Refusal(422, 'EVENT_CONFLICT')
        if (earlier !== undefined) continue
        attempt.seen.set(key, text)
        ;(body.source === 'delegate' ? attempt.events : attempt.runnerEvents).push(event)
        if (event.type === 'attempt.gone') attempt.state = 'gone'
      }
      return { lastSeq: body.events.at(-1)?.seq ?? 0 }
    },
    permit: () => ({ permitId: 'prm_1', fence: 1 }),
    runnerHeartbeat: () => ({ cancels: [], heartbeatMs: 1000 }),
    complete: ({ params }) => {
      const attempt = attemptOf(params)
      // A repeated one is no conflict: its answer may have been lost with the relay that was to carry it.
      if (attempt.fenced) throw new Refusal(409, 'ATTEMPT_FENCED')
      attempt.state = 'completed'
      return {}
    },
    appendLog: ({ params, query, bytes }) => {
      const { log } = attemptOf(params)
      const stream = log.get(params['stream'] ?? '') ?? { bytes: Buffer.alloc(0), sealed: false }
      log.set(params['stream'] ?? '', stream)
      if (stream.sealed && bytes.length > 0) throw new Refusal(409, 'LOG_SEALED')
      if (Number(query.get('offset')) !== stream.bytes.length)
        throw new Refusal(416, 'LOG_OFFSET', { nextOffset: stream.bytes.length })
      stream.bytes = Buffer.concat([stream.bytes, bytes])
      return { nextOffset: stream.bytes.length, intervalMs: 1000 }
    },
    sealLog: ({ params, body }: { params: FakeCall['params']; body: { length: number; sha256: string } }) => {
      const stream = attemptOf(params).log.get(params['stream'] ?? '')
      const isWhole = stream !== undefined && createHash('sha256').update(stream.bytes).digest('hex') === body.sha256
      if (stream === undefined || !isWhole) throw new Refusal(409, 'LOG_MISMATCH', { rewindTo: 0 })
      stream.sealed = true
      return {}
    },
  }

  const authorize = ({ access, params, bearer }: FakeCall): void => {
    if (access === 'public') return
    if (access === 'attempt' && fake.attempts.get(params['attemptId'] ?? '')?.token === bearer) return
    if (fake.revoked) throw new Refusal(401, 'DELEGATE_REVOKED')
    if (!accessTokens.has(bearer)) throw new Refusal(401, 'TOKEN_UNKNOWN')
  }
  const http = createFakeHttp({
    answer(call) {
      fake.calls.push(call.name)
      if (fake.failWith !== undefined) throw new Refusal(fake.failWith.status, fake.failWith.code)
      authorize(call)
      return handlers[call.name]?.(call as FakeCall & { readonly body: never })
    },
    isReplyLost(name) {
      const losses = fake.loseReplies.get(name) ?? 0
      if (losses > 0) fake.loseReplies.set(name, losses - 1)
      return losses > 0
    },
    retryAfter: () => fake.failWith?.retryAfter,
  })
  const away = async (): Promise<void> => {
    const closed = http.close()
    wake()
    await closed
  }

  const fake: FakeServer = {
    get url() {
      return http.url
    },
    attempts: new Map(),
    heartbeats: [],
    polls: [],
    enrolments: [],
    calls: [],
    canceledNexts: 0,
    heldNexts: 0,
    deregistered: 0,
    revoked: false,
    drain: false,
    holdMs: 1000,
    failWith: undefined,
    loseReplies: new Map(),
    offer(task) {
      const attempt: FakeAttempt = {
        task,
        token: `attempt-token-${task.attemptId}`,
        state: 'offered',
        events: [],
        runnerEvents: [],
        seen: new Map(),
        done: false,
        fenced: false,
        log: new Map(),
      }
      fake.attempts.set(task.attemptId, attempt)
      wake()
      return attempt
    },
    send(command) {
      commands.push(command)
      wake()
    },
    forgetInstances() {
      instances.clear()
      accessTokens.clear()
      wake()
    },
    wake,
    async until(look, what) {
      for (let left = 1500; left > 0; left--) {
        const found = look()
        if (found !== undefined && found !== false) return found
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      throw new Error(`${what} did not come.`)
    },
    away,
    back: () => http.listen(),
    async close() {
      await away()
    },
  }
  await http.listen()
  return fake
}
