import type { ExecutionView } from '@sluice/contract'
import { useSearchParams } from 'react-router'
import type { PlacedStep } from '../execution/list-steps.ts'
import { LogView } from '../log/LogView.tsx'
import { EmptyState } from '../ui/EmptyState.tsx'
import { StateBadge } from '../ui/StateBadge.tsx'
import { type Tab, Tabs } from '../ui/Tabs.tsx'
import { FailureNote } from './FailureNote.tsx'
import { StepChanges } from './StepChanges.tsx'
import { StepDetails } from './StepDetails.tsx'
import styles from './StepPanel.module.css'

type TabId = 'log' | 'changes' | 'details' | 'group-log'

/** The chosen step: its log, what it changed, and everything that is known of it. */
export function StepPanel({ execution, placed }: { execution: ExecutionView; placed: PlacedStep }) {
  const { step, group, stage } = placed
  const [search, setSearch] = useSearchParams()
  const { counts } = step
  const changes = counts === undefined ? undefined : counts.applied + counts.rolledBack + counts.failed
  const tabs: Tab<TabId>[] = [
    { id: 'log', label: 'Log' },
    { id: 'changes', label: 'Changes', count: changes },
    { id: 'details', label: 'Details' },
    ...(group.attempt?.log === undefined ? [] : [{ id: 'group-log' as const, label: 'Group log' }]),
  ]
  const asked = search.get('tab')
  const selected = tabs.find(({ id }) => id === asked)?.id ?? 'log'
  const select = (id: TabId): void => {
    setSearch(
      (current) => {
        current.set('step', step.path)
        current.set('tab', id)
        return current
      },
      { replace: true, preventScrollReset: true },
    )
  }
  return (
    <section className={styles.panel} aria-label={`Step ${step.name}`}>
      <div className={styles.head}>
        <h2>{step.name}</h2>
        <StateBadge state={step.state} />
        <span className={styles.path}>
          {stage.name}
          {group.implicit ? '' : ` / ${group.name}`}
        </span>
      </div>
      {step.failure === undefined && step.reason !== undefined && <p className={styles.reason}>{step.reason}</p>}
      {step.failure !== undefined && !isSame(step.failure, execution.failure) && <FailureNote failure={step.failure} />}
      <Tabs label={`Step ${step.name}`} tabs={tabs} selected={selected} onSelect={select}>
        {selected === 'log' &&
          (step.startedAt === undefined ? (
            <EmptyState title={noLogTitle(step.state)} />
          ) : (
            <LogView
              key={step.stepRunId}
              executionId={execution.id}
              // A step's log is called as its run is; it can be followed before the first byte is there.
              stream={step.log?.stream ?? step.stepRunId}
              length={step.log?.length ?? 0}
              gaps={step.log?.gaps ?? 0}
              isOver={step.endedAt !== undefined || step.state === 'Unknown'}
              fileName={`${execution.pipelineIdentifier}-${String(execution.sequence)}-${step.path.replaceAll('/', '-')}.log`}
            />
          ))}
        {selected === 'changes' && <StepChanges execution={execution} step={step} />}
        {selected === 'details' && <StepDetails placed={placed} executionId={execution.id} />}
        {selected === 'group-log' && group.attempt?.log !== undefined && (
          <LogView
            key={group.attempt.log.stream}
            executionId={execution.id}
            stream={group.attempt.log.stream}
            length={group.attempt.log.length}
            gaps={0}
            isOver={group.endedAt !== undefined}
            fileName={`${execution.pipelineIdentifier}-${String(execution.sequence)}-${group.identifier}.log`}
          />
        )}
      </Tabs>
    </section>
  )
}

/** The head of the page shows the execution's failure already. */
function isSame(failure: NonNullable<ExecutionView['failure']>, shown: ExecutionView['failure']): boolean {
  return shown !== undefined && shown.code === failure.code && shown.message === failure.message
}

function noLogTitle(state: PlacedStep['step']['state']): string {
  return state === 'Pending' || state === 'Queued' ? 'It has not started.' : 'It never ran, so it has no log.'
}
