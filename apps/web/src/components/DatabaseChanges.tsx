import type { ExecutionView, StepView } from '@sluice/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { changesetsQuery } from '../api/execution-queries.ts'
import { listSteps } from '../execution/list-steps.ts'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { Icon } from '../ui/Icon.tsx'
import { Loading } from '../ui/Loading.tsx'
import { StateBadge } from '../ui/StateBadge.tsx'
import { ChangesetTable } from './ChangesetTable.tsx'
import styles from './DatabaseChanges.module.css'
import { StepCounts } from './StepCounts.tsx'

/** What the whole execution changed, by database: a line each, and the changesets behind it. */
export function DatabaseChanges({ execution }: { execution: ExecutionView }) {
  const byInstance = Map.groupBy(
    listSteps(execution).flatMap(({ step }) => (step.dbInstance === undefined ? [] : [step])),
    (step) => step.dbInstance ?? '',
  )
  if (byInstance.size === 0) return null
  return (
    <section className={styles.section} aria-labelledby="databases-title">
      <h2 id="databases-title">What changed, by database</h2>
      <div className={styles.list}>
        {[...byInstance].map(([instance, steps]) => (
          <Database key={instance} execution={execution} instance={instance} steps={steps} />
        ))}
      </div>
    </section>
  )
}

function Database({ execution, instance, steps }: { execution: ExecutionView; instance: string; steps: readonly StepView[] }) {
  const [isOpen, setIsOpen] = useState(false)
  const ran = steps.filter(({ startedAt }) => startedAt !== undefined)
  return (
    <details className={styles.database} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>
        <Icon name="database" />
        <span className={styles.name}>{instance}</span>
        {(ran.length === 0 ? steps.slice(0, 1) : ran).map((step) => (
          <span key={step.stepRunId} className={styles.step}>
            <StateBadge state={step.state} plain />
            <StepCounts step={step} />
            {typeof step.outputs?.['tag'] === 'string' && <span className={styles.tag}>tag {step.outputs['tag']}</span>}
          </span>
        ))}
      </summary>
      {isOpen && <Changesets execution={execution} instance={instance} />}
    </details>
  )
}

function Changesets({ execution, instance }: { execution: ExecutionView; instance: string }) {
  const query = useQuery({
    ...changesetsQuery(execution.id, undefined),
    refetchInterval: execution.endedAt === undefined ? 3000 : false,
  })
  if (query.error !== null) return <ErrorPanel error={query.error} />
  if (query.data === undefined) return <Loading what="the changes" />
  const own = query.data.items.filter(({ dbInstance }) => dbInstance === instance)
  return (
    <div className={styles.changes}>
      {own.length === 0 ? (
        <p>Nothing was changed here.</p>
      ) : (
        <ChangesetTable label={`Changes of ${instance}`} changesets={own} isCut={query.data.nextCursor !== undefined} />
      )}
    </div>
  )
}
