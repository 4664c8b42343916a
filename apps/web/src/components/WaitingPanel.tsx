import type { ExecutionView } from '@sluice/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { selectionQuery } from '../api/execution-queries.ts'
import { listGroups } from '../execution/list-steps.ts'
import { formatDuration } from '../format/duration.ts'
import { paths } from '../paths.ts'
import { Icon } from '../ui/Icon.tsx'
import styles from './WaitingPanel.module.css'

/** Why queued groups wait: every delegate with every reason why it does not take them. Nothing while nothing waits. */
export function WaitingPanel({ execution }: { execution: ExecutionView }) {
  const isQueued = execution.stages.some((stage) => listGroups(stage).some(({ state }) => state === 'Queued'))
  const { data } = useQuery({ ...selectionQuery(execution.id), enabled: isQueued, refetchInterval: 3000 })
  // For a second or two every group waits; that is no news.
  const waiting = isQueued ? (data?.tasks.filter(({ state, queuedForMs }) => state === 'queued' && queuedForMs > 1500) ?? []) : []
  if (waiting.length === 0) return null
  return (
    <section className={styles.panel} data-tone="warning" aria-label="Why it waits">
      <h2 className={styles.title}>
        <Icon name="clock" ring /> Waiting for a delegate
      </h2>
      {waiting.map((task) => (
        <div key={task.taskId} className={styles.task}>
          <p>
            <code>{task.groupPath}</code> has been waiting for {formatDuration(Math.floor(task.queuedForMs / 1000) * 1000)}.{' '}
            {task.message}
          </p>
          {task.selectors.length > 0 && <p>It asks for a delegate with the tags {task.selectors.join(', ')}.</p>}
          {task.delegates.length > 0 && (
            <ul className={styles.delegates}>
              {task.delegates.map(({ name, fits, reasons }) => (
                <li key={name}>
                  <strong>{name}</strong>: {fits ? 'fits' : reasons.join(' ')}
                </li>
              ))}
            </ul>
          )}
        </div>
      ))}
      <p>
        <Link to={paths.delegates}>See the delegates</Link>
      </p>
    </section>
  )
}
