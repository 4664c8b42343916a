import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Clock } from '@sluice/base'
import { loadServerKeys, type ServerKey, type Store } from '@sluice/store'

const purpose = 'protocol-tokens'
/** How soon keys are read again for a token whose key is not known: another server may have made it. */
const reloadMs = 1000

/** Signs and checks the tokens of delegates and runners. They say who calls; what the caller may do stands in the database. */
export interface ProtocolTokens {
  /** For a delegate's instance, good for `lifeMs`. */
  signAccess(instanceId: string, lifeMs: number): Promise<string>
  /** For the runner of one attempt. It has no end of its own: what an attempt may still do is decided by its state. */
  signAttempt(attemptId: string): Promise<string>
  /** Undefined for what this control plane never signed; `expired` tokens were real once. */
  verify(token: string): Promise<ProtocolToken | undefined>
}

export type ProtocolToken =
  | { readonly kind: 'access'; readonly instanceId: string; readonly expired: boolean }
  | { readonly kind: 'attempt'; readonly attemptId: string }

export function createProtocolTokens(store: Store, clock: Clock): ProtocolTokens {
  let keys: Promise<ServerKey[]> | undefined
  let loadedAt = Number.NEGATIVE_INFINITY

  const load = (): Promise<ServerKey[]> => {
    loadedAt = clock.monotonic()
    const loading = loadServerKeys(store.pool, purpose)
    keys = loading
    // A failure is not kept: the next call tries again.
    loading.catch(() => {
      if (keys === loading) keys = undefined
    })
    return loading
  }
  const findKey = async (kid: string): Promise<ServerKey | undefined> => {
    const find = (loaded: ServerKey[]): ServerKey | undefined => loaded.find((key) => key.kid === kid)
    const found = find(await (keys ?? load()))
    if (found !== undefined || clock.monotonic() - loadedAt < reloadMs) return found
    return find(await load())
  }
  const sign = async (kind: 'sda' | 'sat', subject: string, expiresAt: number): Promise<string> => {
    const key = (await (keys ?? load()))[0]
    if (key === undefined) throw new Error('There is no key to sign tokens with.')
    const text = `${kind}.${key.kid}.${subject}.${expiresAt.toString(36)}`
    return `${text}.${mac(key, text)}`
  }

  return {
    signAccess: (instanceId, lifeMs) => sign('sda', instanceId, clock.now() + lifeMs),
    signAttempt: (attemptId) => sign('sat', attemptId, 0),
    async verify(token) {
      const parts = token.split('.')
      const [kind = '', kid = '', subject = '', expiresAt = '', signature = ''] = parts
      if (parts.length !== 5 || (kind !== 'sda' && kind !== 'sat')) return undefined
      const key = await findKey(kid)
      if (key === undefined || !equal(signature, mac(key, parts.slice(0, 4).join('.')))) return undefined
      if (kind === 'sat') return { kind: 'attempt', attemptId: subject }
      return { kind: 'access', instanceId: subject, expired: Number.parseInt(expiresAt, 36) < clock.now() }
    },
  }
}

function mac(key: ServerKey, text: string): string {
  return createHmac('sha256', key.secret).update(text).digest('base64url')
}

function equal(left: string, right: string): boolean {
  const a = Buffer.from(left)
  const b = Buffer.from(right)
  return a.length === b.length && timingSafeEqual(a, b)
}
