import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { kubernetesEventsQuery } from '../api/execution-queries.ts'
import { Badge } from '../ui/Badge.tsx'
import { DataTable, mutedClass } from '../ui/DataTable.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { Loading } from '../ui/Loading.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import styles from './PodEvents.module.css'

/** What the cluster said about an attempt's pod, in its own words. `isOpenAtFirst`: where it explains what a reader is looking for. */
export function PodEvents({
  executionId,
  attemptId,
  place,
  isOpenAtFirst,
}: {
  executionId: string
  attemptId: string
  /** As the attempt says it; what is about this pod needs no name. */
  place: string
  isOpenAtFirst: boolean
}) {
  const [isOpen, setIsOpen] = useState(isOpenAtFirst)
  const { data, error } = useQuery({
    ...kubernetesEventsQuery(executionId),
    enabled: isOpen,
    refetchInterval: isOpen ? 5000 : false,
  })
  const events = data?.items.filter((event) => event.attemptId === attemptId)
  return (
    <details className={styles.events} open={isOpen} onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>Kubernetes events</summary>
      {isOpen && events === undefined && (error === null ? <Loading what="Kubernetes events" /> : <ErrorPanel error={error} />)}
      {isOpen && events?.length === 0 && <p>No cluster said anything about this attempt.</p>}
      {isOpen && events !== undefined && events.length > 0 && (
        <DataTable label="Kubernetes events" stacks columns={[{ name: 'Reason' }, { name: 'When' }, { name: 'Message' }]}>
          {events.map(({ at, type, object, reason, message, count = 1 }, index) => (
            <tr key={`${at} ${String(index)}`} className={styles.row}>
              <td>
                <Badge tone={type === 'Warning' ? 'warning' : 'neutral'} icon={type === 'Warning' ? 'warning' : undefined} plain>
                  {reason}
                </Badge>
              </td>
              <td className={mutedClass}>
                <RelativeTime at={at} />
                {count > 1 && <div>{count} times</div>}
              </td>
              <td className={styles.message}>
                {message}
                {!place.endsWith(object.slice(object.indexOf('/'))) && <div className={mutedClass}>{object}</div>}
              </td>
            </tr>
          ))}
        </DataTable>
      )}
    </details>
  )
}
