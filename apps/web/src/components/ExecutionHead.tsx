import type { ExecutionView } from '@sluice/contract'
import { useState } from 'react'
import { Link } from 'react-router'
import { isFinal } from '../execution/is-final.ts'
import { paths } from '../paths.ts'
import { Button } from '../ui/Button.tsx'
import { Duration } from '../ui/Duration.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import { StateBadge } from '../ui/StateBadge.tsx'
import { CancelDialog } from './CancelDialog.tsx'
import styles from './ExecutionHead.module.css'
import { FailureNote } from './FailureNote.tsx'
import { PageTitle } from './PageTitle.tsx'
import { useRole } from './use-role.ts'

/** Which execution this is, how it stands, who started it when, and the button that stops it. */
export function ExecutionHead({ execution }: { execution: ExecutionView }) {
  const [isCancelOpen, setIsCancelOpen] = useState(false)
  const { whyNot } = useRole('operator')
  const inputs = Object.entries(execution.inputs)
  return (
    <header className={styles.head}>
      <p className={styles.trail}>
        <Link to={paths.executions}>Executions</Link>
        <span aria-hidden="true"> / </span>
        <Link to={`${paths.executions}?pipeline=${encodeURIComponent(execution.pipelineIdentifier)}`}>
          {execution.pipelineName}
        </Link>
      </p>
      <div className={styles.line}>
        <PageTitle title={`${execution.pipelineName} #${String(execution.sequence)}`}>
          {execution.pipelineName} <span className={styles.sequence}>#{execution.sequence}</span>
        </PageTitle>
        <StateBadge state={execution.state} />
        {!isFinal(execution.state) && (
          <div className={styles.actions}>
            <Button
              icon="stop"
              whyNot={execution.cancelRequested ? 'It is being cancelled.' : whyNot}
              onClick={() => setIsCancelOpen(true)}
            >
              {execution.cancelRequested ? 'Cancelling …' : 'Cancel'}
            </Button>
          </div>
        )}
      </div>
      <p className={styles.facts}>
        <span>by {execution.triggeredBy}</span>
        <RelativeTime at={execution.startedAt} />
        <span>
          {execution.endedAt === undefined ? 'for ' : 'took '}
          <Duration from={execution.startedAt} to={execution.endedAt} />
        </span>
        {inputs.map(([name, value]) => (
          <span key={name} className={styles.input}>
            {name}={value}
          </span>
        ))}
        <span className={styles.id}>{execution.id}</span>
      </p>
      {execution.failure !== undefined && <FailureNote failure={execution.failure} />}
      {execution.notes.map((note) => (
        <p key={note} className={styles.note}>
          {note}
        </p>
      ))}
      {isCancelOpen && <CancelDialog execution={execution} onClose={() => setIsCancelOpen(false)} />}
    </header>
  )
}
