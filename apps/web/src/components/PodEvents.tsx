import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { kubernetesEventsQuery } from '../api/execution-queries.ts'
import styles from './StepDetails.module.css'

/** What the cluster said about an attempt's pod, once somebody asks for it. */
export function PodEvents({ executionId, attemptId }: { executionId: string; attemptId: string }) {
  const [isOpen, setIsOpen] = useState(false)
  const { data } = useQuery({ ...kubernetesEventsQuery(executionId), enabled: isOpen, refetchInterval: isOpen ? 5000 : false })
  const events = data?.items.filter((event) => event.attemptId === attemptId)
  return (
    <details onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>Kubernetes events</summary>
      {isOpen && events?.length === 0 && <p>No cluster said anything about this attempt.</p>}
      <ul className={styles.list}>
        {events?.map(({ at, object, reason, message, count }, index) => (
          <li key={`${at} ${String(index)}`}>
            <code>{at}</code> <code>{object}</code> <strong>{reason}</strong> {message}
            {count !== undefined && count > 1 && ` (${String(count)} times)`}
          </li>
        ))}
      </ul>
    </details>
  )
}
