import type { StepView } from '@sluice/contract'
import styles from './StepCounts.module.css'

/** What a step did to its database, in numbers. */
export function StepCounts({ step }: { step: StepView }) {
  const { counts } = step
  if (counts === undefined) return null
  const parts = [
    counts.applied > 0 ? { text: `${String(counts.applied)} applied`, tone: 'success' } : undefined,
    counts.rolledBack > 0 ? { text: `${String(counts.rolledBack)} rolled back`, tone: 'warning' } : undefined,
    counts.failed > 0 ? { text: `${String(counts.failed)} failed`, tone: 'failure' } : undefined,
  ].filter((part) => part !== undefined)
  const isUnderWay = step.state === 'Running' && counts.planned > 0
  return (
    <span className={styles.counts}>
      {parts.map(({ text, tone }) => (
        <span key={text} data-tone={tone}>
          {text}
        </span>
      ))}
      {isUnderWay && <span>of {counts.planned} planned</span>}
      {parts.length === 0 && !isUnderWay && step.state === 'Succeeded' && <span>up to date</span>}
    </span>
  )
}
