import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { type Clock } from '@sluice/base'
import { loadServerKeys, type ServerKey, type Store } from '@sluice/store'

const purpose = 'protocol-tokens'
/** How soon keys are read again for a token whose key is not known: another server may have made it. */
const reloadMs = 1000

/** Tokens whose signature was found good, at most; the one that was checked longest ago goes first. */
const checkedMax = 20_000

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

interface CheckedToken {
  readonly kind: 'sda' | 'sat'
  readonly subject: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export function createProtocolTokens(store: Store, clock: Clock): ProtocolTokens {
  let keys: Promise<ServerKey[]> | undefined
  let loadedAt = Number.NEGATIVE_INFINITY
  /** A busy delegate shows the same token with every call. */
  const checked = new Map<string, CheckedToken>()

  const load = (): Promise<ServerKey[]> => {
    loadedAt = clock.monotonic()
    checked.clear()
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

  const check = async (token: string): Promise<CheckedToken | undefined> => {
    const parts = token.split('.')
    const [kind = '', kid = '', subject = '', expiresAt = '', signature = ''] = parts
    if (parts.length !== 5 || (kind !== 'sda' && kind !== 'sat')) return undefined
    const key = await findKey(kid)
    if (key === undefined || !equal(signature, mac(key, parts.slice(0, 4).join('.')))) return undefined
    const good: CheckedToken = { kind, subject, expiresAt: Number.parseInt(expiresAt, 36) }
    checked.set(token, good)
    const oldest = checked.size > checkedMax ? checked.keys().next().value : undefined
    if (oldest !== undefined) checked.delete(oldest)
    return good
  }

  return {
    signAccess: (instanceId, lifeMs) => sign('sda', instanceId, clock.now() + lifeMs),
    signAttempt: (attemptId) => sign('sat', attemptId, 0),
    async verify(token) {
      const good = checked.get(token) ?? (await check(token))
      if (good === undefined) return undefined
      const { kind, subject, expiresAt } = good
      if (kind === 'sat') return { kind: 'attempt', attemptId: subject }
      return { kind: 'access', instanceId: subject, expired: expiresAt < clock.now() }
    },
  }
}

/** Keys as the cipher library wants them, made once. */
const secretKeys = new WeakMap<ServerKey, KeyObject>()

function mac(key: ServerKey, text: string): string {
  const secret = secretKeys.get(key) ?? createSecretKey(key.secret)
  secretKeys.set(key, secret)
  return createHmac('sha256', secret).update(text).digest('base64url')
}

function equal(left: string, right: string): boolean {
  const a = Buffer.from(left)
  const b = Buffer.from(right)
  return a.length === b.length && timingSafeEqual(a, b)
}
