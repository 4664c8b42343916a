import type { ExecutionView, StepView } from '@sluice/contract'
import { Link, useSearchParams } from 'react-router'
import { type GroupNode, type GroupView, type StageNode, type StageView } from '../execution/list-steps.ts'
import { stateLooks } from '../execution/state-look.ts'
import { Duration } from '../ui/Duration.tsx'
import { StateBadge } from '../ui/StateBadge.tsx'
import styles from './ExecutionGraph.module.css'
import { StepCounts } from './StepCounts.tsx'

/** Stages from left to right, their groups and steps from top to bottom; what runs side by side stands in one frame. */
export function ExecutionGraph({ execution, selected }: { execution: ExecutionView; selected: string | undefined }) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls has to be reached by keyboard
    <section className={styles.graph} aria-label="Graph" tabIndex={0}>
      <h2 className="visually-hidden">Graph</h2>
      <ol className={styles.stages}>
        {execution.stages.map((stage) => (
          <Stage key={stage.identifier} stage={stage} selected={selected} />
        ))}
      </ol>
    </section>
  )
}

function Stage({ stage, selected }: { stage: StageView; selected: string | undefined }) {
  return (
    <li className={styles.stage} data-tone={stateLooks[stage.state].tone} data-state={stage.state}>
      <div className={styles.stageHead}>
        <h3>{stage.name}</h3>
        <StateBadge state={stage.state} plain />
      </div>
      {stage.reason !== undefined && <p className={styles.reason}>{stage.reason}</p>}
      <ol className={styles.nodes}>
        {stage.nodes.map((node, index) => (
          <StageNodeItem key={index} node={node} selected={selected} />
        ))}
      </ol>
    </li>
  )
}

function StageNodeItem({ node, selected }: { node: StageNode; selected: string | undefined }) {
  if (node.kind === 'stepGroup') {
    return (
      <li>
        <Group group={node} selected={selected} />
      </li>
    )
  }
  return (
    <li className={styles.parallel}>
      <span className={styles.parallelMark}>in parallel</span>
      <ul className={styles.nodes}>
        {node.nodes.map((group) => (
          <li key={group.groupId}>
            <Group group={group} selected={selected} />
          </li>
        ))}
      </ul>
    </li>
  )
}

function Group({ group, selected }: { group: GroupView; selected: string | undefined }) {
  const { attempt } = group
  const steps = (
    <ol className={styles.nodes}>
      {group.nodes.map((node, index) => (
        <GroupNodeItem key={index} node={node} selected={selected} />
      ))}
    </ol>
  )
  const isLost = attempt?.contact === 'lost' && group.state === 'Running'
  const place = attempt?.delegateName === undefined ? undefined : `on ${attempt.delegateName}`
  if (group.implicit && group.state !== 'Queued' && !isLost) return steps
  return (
    <div className={group.implicit ? undefined : styles.group} data-tone={stateLooks[group.state].tone}>
      <div className={styles.groupHead}>
        <span className={styles.groupName}>{group.implicit ? '' : group.name}</span>
        {(group.state === 'Queued' || group.state === 'Unknown') && <StateBadge state={group.state} plain />}
        {place !== undefined && <span className={styles.place}>{place}</span>}
      </div>
      {isLost && <p className={styles.lost}>No word from {attempt.delegateName ?? 'its delegate'}: it may still be working.</p>}
      {steps}
    </div>
  )
}

function GroupNodeItem({ node, selected }: { node: GroupNode; selected: string | undefined }) {
  if (node.kind === 'step') {
    return (
      <li>
        <Step step={node} isSelected={node.path === selected} />
      </li>
    )
  }
  return (
    <li className={styles.parallel}>
      <span className={styles.parallelMark}>in parallel</span>
      <ul className={styles.nodes}>
        {node.nodes.map((step) => (
          <li key={step.stepRunId}>
            <Step step={step} isSelected={step.path === selected} />
          </li>
        ))}
      </ul>
    </li>
  )
}

function Step({ step, isSelected }: { step: StepView; isSelected: boolean }) {
  const [search] = useSearchParams()
  const next = new URLSearchParams(search)
  next.set('step', step.path)
  return (
    <Link
      to={{ search: next.toString() }}
      replace
      preventScrollReset
      className={styles.step}
      data-tone={stateLooks[step.state].tone}
      data-state={step.state}
      aria-current={isSelected ? 'true' : undefined}
    >
      <span className={styles.stepHead}>
        <StateBadge state={step.state} plain />
        {step.startedAt !== undefined && (
          <span className={styles.time}>
            <Duration from={step.startedAt} to={step.endedAt} />
          </span>
        )}
      </span>
      <span className={styles.stepName}>{step.name}</span>
      {step.dbInstance !== undefined && <span className={styles.instance}>{step.dbInstance}</span>}
      <StepCounts step={step} />
      {step.waitingFor !== undefined && <span className={styles.waiting}>{step.waitingFor}</span>}
    </Link>
  )
}
