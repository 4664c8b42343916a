import type { Timings } from '@sluice/base'
import type { DelegateView } from '@sluice/contract'
import type { DelegateDetails } from '@sluice/store'
import { toFingerprint } from '../entities/secret-endpoints.ts'
import { toScope } from './scope-view.ts'

type Health = DelegateView['instances'][number]['health']

/** A delegate with the health of its replicas; its own is the best of theirs. */
export function toDelegateView({ delegate, instances }: DelegateDetails, timings: Timings): DelegateView {
  const views = instances.map((instance) => ({
    instanceId: instance.id,
    name: instance.name,
    version: instance.version,
    health: healthOf(instance.deregistered ? null : instance.seen_ms, timings),
    ...(instance.last_seen_at === null ? {} : { lastSeenAt: instance.last_seen_at.toISOString() }),
    draining: instance.draining,
    free: instance.free,
    attempts: instance.attempts.map((attempt) => ({
      attemptId: attempt.id,
      executionId: attempt.execution_id,
      groupPath: attempt.group_path,
      state: attempt.state,
    })),
  }))
  const best = (['connected', 'late', 'disconnected'] as const).find((health) => views.some((view) => view.health === health))
  return {
    id: delegate.id,
    name: delegate.name,
    scope: toScope(delegate),
    tags: delegate.tags,
    approved: delegate.approved,
    revoked: delegate.revoked,
    draining: delegate.draining,
    health: delegate.revoked ? 'revoked' : (best ?? 'disconnected'),
    keyId: delegate.key_id,
    fingerprint: toFingerprint(delegate.key_id),
    version: delegate.version,
    createdAt: delegate.created_at.toISOString(),
    instances: views,
  }
}

/** Late after two and a half missed heartbeats, disconnected after its lease. */
function healthOf(seenMs: number | null, timings: Timings): Health {
  if (seenMs === null || seenMs > timings.leaseMs) return 'disconnected'
  return seenMs > 2.5 * timings.heartbeatMs ? 'late' : 'connected'
}
