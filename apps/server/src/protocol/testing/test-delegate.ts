import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { createId } from '@sluice/base'
import { type AttemptEvent, type DelegateCommand, proofText, protocolEndpoints, type TaskSpec } from '@sluice/contract'
import { ask, type ProtocolAnswer, tell } from './protocol-client.ts'

/** A delegate's side of the protocol, made of single calls: tests decide what is called, repeated or left out. */
export interface TestDelegate {
  url: string
  readonly delegateId: string
  readonly instanceId: string
  readonly sealPublicKey: string
  bootId: string
  accessToken: string
  renewToken(): Promise<void>
  /** Where it says that it can place groups; processes only unless a test says otherwise. */
  executors: ('process' | 'kubernetes')[]
  poll(options?: { free?: number; draining?: boolean; signal?: AbortSignal }): Promise<DelegateCommand[]>
  /** Polls until there is an offer. */
  nextOffer(): Promise<Offer>
  accept(offer: Offer): Promise<Accepted>
  tryAccept(offer: Offer): Promise<ProtocolAnswer<Accepted>>
  decline(offer: Offer, code?: 'policy' | 'capacity'): Promise<number>
  heartbeat(
    attempts?: readonly { attemptId: string; epoch: number }[],
    options?: { free?: number },
  ): Promise<{ drain: boolean; attempts: readonly { attemptId: string; verdict: string; cancel?: string | undefined }[] }>
  report(offer: Offer, seq: number, event: PlacementEvent): Promise<ProtocolAnswer<{ lastSeq: number }>>
}

export type Offer = Extract<DelegateCommand, { type: 'offer' }>
export interface Accepted {
  task: TaskSpec
  attemptToken: string
  leaseMs: number
}
type PlacementEvent = Extract<AttemptEvent, { type: `attempt.${string}` }>

export interface TestKeys {
  readonly publicKey: string
  readonly privateKey: KeyObject
}

export function makeAuthKeys(): TestKeys {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { publicKey: publicKey.export({ format: 'jwk' }).x ?? '', privateKey }
}

export function prove(keys: TestKeys, text: string): string {
  return sign(null, Buffer.from(text), keys.privateKey).toString('base64url')
}

const versions = { version: '0.0.0-test', protocol: { min: 1, max: 1 } }

/** Enrols a delegate and takes its first access token. */
export async function enrolTestDelegate(
  url: string,
  options: { readonly token: string; readonly name?: string; readonly tags?: readonly string[]; readonly sealPublicKey?: string },
): Promise<TestDelegate> {
  const keys = makeAuthKeys()
  const sealPublicKey = options.sealPublicKey ?? randomBytes(32).toString('base64url')
  const { nonce } = await ask(url, protocolEndpoints.nonce)
  const enrolled = await ask(url, protocolEndpoints.enroll, {
    body: {
      token: options.token,
      name: options.name ?? `delegate-${randomBytes(4).toString('hex')}`,
      tags: [...(options.tags ?? [])],
      instanceName: 'test',
      authPublicKey: keys.publicKey,
      sealPublicKey,
      nonce,
      proof: prove(keys, proofText('enroll', keys.publicKey, nonce)),
      ...versions,
    },
  })
  const { instanceId, delegateId } = enrolled

  const delegate: TestDelegate = {
    url,
    delegateId,
    instanceId,
    sealPublicKey,
    bootId: createId('boot'),
    accessToken: '',
    executors: ['process'],
    async renewToken() {
      const fresh = await ask(delegate.url, protocolEndpoints.nonce)
      const reply = await ask(delegate.url, protocolEndpoints.token, {
        body: {
          instanceId,
          nonce: fresh.nonce,
          signature: prove(keys, proofText('token', instanceId, fresh.nonce)),
          ...versions,
        },
      })
      delegate.accessToken = reply.accessToken
    },
    async poll({ free = 1, draining = false, signal } = {}) {
      const reply = await ask(delegate.url, protocolEndpoints.poll, {
        token: delegate.accessToken,
        body: { bootId: delegate.bootId, free, draining, executors: delegate.executors },
        ...(signal === undefined ? {} : { signal }),
      })
      return reply.commands
    },
    async nextOffer() {
      for (const deadline = performance.now() + 20_000; performance.now() < deadline;) {
        const offer = (await delegate.poll()).find((command) => command.type === 'offer')
        if (offer !== undefined) return offer
      }
      throw new Error('No offer came.')
    },
    async accept(offer) {
      const answer = await delegate.tryAccept(offer)
      if (answer.status !== 200) throw new Error(`accept answered ${String(answer.status)} ${answer.code ?? ''}`)
      return answer.body
    },
    tryAccept: ({ attemptId, epoch }) =>
      tell(delegate.url, protocolEndpoints.accept, {
        token: delegate.accessToken,
        params: { attemptId },
        body: { epoch, bootId: delegate.bootId },
      }),
    async decline({ attemptId, epoch }, code = 'policy') {
      const answer = await tell(delegate.url, protocolEndpoints.decline, {
        token: delegate.accessToken,
        params: { attemptId },
        body: { epoch, bootId: delegate.bootId, reason: { code, message: 'The test says no.' } },
      })
      return answer.status
    },
    async heartbeat(attempts = [], { free = 1 } = {}) {
      return ask(delegate.url, protocolEndpoints.heartbeat, {
        token: delegate.accessToken,
        body: {
          bootId: delegate.bootId,
          version: versions.version,
          free,
          draining: false,
          attempts: attempts.map(({ attemptId, epoch }) => ({ attemptId, epoch, phase: 'running' as const })),
        },
      })
    },
    report: ({ attemptId, epoch }, seq, event) =>
      tell(delegate.url, protocolEndpoints.events, {
        token: delegate.accessToken,
        params: { attemptId },
        body: { epoch, source: 'delegate', bootId: delegate.bootId, events: [{ seq, event }] },
      }),
  }
  await delegate.renewToken()
  return delegate
}
