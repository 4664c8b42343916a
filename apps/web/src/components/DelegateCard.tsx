import { type DelegateView, operationEndpoints } from '@sluice/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { useEndpointMutation } from '../api/endpoint-query.ts'
import { delegateHealthLooks } from '../execution/delegate-look.ts'
import { formatCount } from '../format/count.ts'
import { paths } from '../paths.ts'
import { Badge } from '../ui/Badge.tsx'
import { Button } from '../ui/Button.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { Facts } from '../ui/Facts.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import { ApproveDialog, RevokeDialog } from './DelegateDialogs.tsx'
import styles from './DelegateCard.module.css'
import { useRole } from './use-role.ts'

/** One delegate: whether it can be trusted and reached, its replicas and what they run. */
export function DelegateCard({ delegate }: { delegate: DelegateView }) {
  const look = delegateHealthLooks[delegate.health]
  return (
    <article className={styles.card} data-tone={look.tone} aria-label={`Delegate ${delegate.name}`}>
      <div className={styles.head}>
        <h2>{delegate.name}</h2>
        <Badge tone={look.tone} icon={look.icon}>
          {look.label}
        </Badge>
        {!delegate.approved && !delegate.revoked && (
          <Badge tone="warning" icon="key">
            Not approved
          </Badge>
        )}
        {delegate.draining && (
          <Badge tone="warning" icon="clock">
            Draining
          </Badge>
        )}
      </div>
      <Facts
        facts={[
          ['Tags', delegate.tags.length === 0 ? <span className={styles.none}>none</span> : <Tags tags={delegate.tags} />],
          ['Works for', describeScope(delegate.scope)],
          ['Key fingerprint', <code key="fingerprint">{delegate.fingerprint}</code>],
          ['Version', delegate.version],
          ['Enrolled', <RelativeTime key="enrolled" at={delegate.createdAt} />],
        ]}
      />
      <ul className={styles.instances}>
        {delegate.instances.map((instance) => (
          <li key={instance.instanceId}>
            <Instance instance={instance} isSingle={delegate.instances.length === 1 && instance.name === delegate.name} />
          </li>
        ))}
        {delegate.instances.length === 0 && <li className={styles.none}>No instance of it has been seen.</li>}
      </ul>
      {!delegate.revoked && <Actions delegate={delegate} />}
    </article>
  )
}

function Tags({ tags }: { tags: readonly string[] }) {
  return (
    <span className={styles.tags}>
      {tags.map((tag) => (
        <span key={tag}>{tag}</span>
      ))}
    </span>
  )
}

function Instance({ instance, isSingle }: { instance: DelegateView['instances'][number]; isSingle: boolean }) {
  const look = delegateHealthLooks[instance.health]
  return (
    <div className={styles.instance}>
      <p className={styles.instanceHead}>
        {!isSingle && (
          <>
            <strong>{instance.name}</strong>
            <Badge tone={look.tone} icon={look.icon} plain>
              {look.label}
            </Badge>
          </>
        )}
        <span className={styles.none}>
          {instance.lastSeenAt === undefined ? (
            'never seen'
          ) : (
            <>
              last seen <RelativeTime at={instance.lastSeenAt} />
            </>
          )}
          {' · '}
          {instance.attempts.length === 0 ? 'idle' : `runs ${formatCount(instance.attempts.length, 'step group')}`}
          {instance.health !== 'disconnected' && ` · ${formatCount(instance.free, 'free place')}`}
        </span>
      </p>
      {instance.attempts.map((attempt) => (
        <p key={attempt.attemptId} className={styles.attempt}>
          <Link to={paths.execution(attempt.executionId)}>{attempt.groupPath}</Link>{' '}
          <span className={styles.none}>{attempt.state}</span>
        </p>
      ))}
    </div>
  )
}

function Actions({ delegate }: { delegate: DelegateView }) {
  const client = useQueryClient()
  const { whyNot } = useRole('admin')
  const [open, setOpen] = useState<'approve' | 'revoke' | undefined>()
  const update = useEndpointMutation(operationEndpoints.updateDelegate, {
    onSuccess: () => client.invalidateQueries({ queryKey: [operationEndpoints.delegates.id] }),
  })
  return (
    <div className={styles.actions}>
      {!delegate.approved && (
        <Button kind="primary" icon="key" whyNot={whyNot} onClick={() => setOpen('approve')}>
          Approve
        </Button>
      )}
      <Button
        whyNot={whyNot}
        busy={update.isPending}
        title={delegate.draining ? 'Gives it work again' : 'Gives it no new work'}
        onClick={() => update.mutate({ params: { delegateId: delegate.id }, body: { draining: !delegate.draining } })}
      >
        {delegate.draining ? 'Resume' : 'Drain'}
      </Button>
      <Button whyNot={whyNot} onClick={() => setOpen('revoke')}>
        Revoke
      </Button>
      {update.error !== null && <ErrorPanel error={update.error} />}
      {open === 'approve' && <ApproveDialog delegate={delegate} onClose={() => setOpen(undefined)} />}
      {open === 'revoke' && <RevokeDialog delegate={delegate} onClose={() => setOpen(undefined)} />}
    </div>
  )
}

function describeScope({ orgIdentifier, projectIdentifier }: DelegateView['scope']): string {
  if (orgIdentifier === undefined) return 'the whole account'
  return projectIdentifier === undefined ? `organization ${orgIdentifier}` : `project ${orgIdentifier}/${projectIdentifier}`
}
