import type { DelegateView } from '@sluice/contract'
import { executionIds } from './fake-data.ts'

/** Delegates in every state of health. */
export function createDelegates(at: (secondsAgo: number) => string): DelegateView[] {
  const instance = (name: string, init: Partial<DelegateView['instances'][number]> = {}): DelegateView['instances'][number] => ({
    instanceId: `dli_${name}`,
    name,
    version: '0.1.0',
    health: 'connected',
    lastSeenAt: at(1),
    draining: false,
    free: 4,
    attempts: [],
    ...init,
  })
  const delegate = (name: string, init: Partial<DelegateView>): DelegateView => ({
    id: `dlg_${name}`,
    name,
    scope: {},
    tags: [],
    approved: true,
    revoked: false,
    draining: false,
    health: 'connected',
    keyId: `key_${name}`,
    fingerprint: '3f9a-c21e-77b0-d4e8-91aa-05bc-62fd-e713',
    version: '0.1.0',
    createdAt: at(86_400 * 3),
    instances: [instance(name)],
    ...init,
  })
  return [
    delegate('dc-frankfurt', {
      tags: ['eu', 'production', 'postgresql'],
      instances: [
        instance('runner-1', {
          free: 3,
          attempts: [{ attemptId: 'att_1', executionId: executionIds.running, groupPath: 'staging/database', state: 'running' }],
        }),
        instance('runner-2', { health: 'late', lastSeenAt: at(24) }),
      ],
    }),
    delegate('new-office', { approved: false, createdAt: at(90), tags: ['office'] }),
    delegate('dc-paris', {
      health: 'disconnected',
      tags: ['eu', 'billing'],
      scope: { orgIdentifier: 'default', projectIdentifier: 'billing' },
      instances: [instance('dc-paris', { health: 'disconnected', lastSeenAt: at(10_900), free: 0 })],
    }),
    delegate('old-cluster', { revoked: true, health: 'revoked', instances: [] }),
    delegate('dc-dublin', { draining: true, tags: ['eu'] }),
  ]
}
