import type { ExecutionView } from '@sluice/contract'
import { Icon } from '../ui/Icon.tsx'
import styles from './FailureNote.module.css'

/** Why something failed and what to do about it. */
export function FailureNote({ failure }: { failure: NonNullable<ExecutionView['failure']> }) {
  return (
    <div className={styles.note} data-tone="failure">
      <Icon name="cross" ring />
      <div className={styles.text}>
        <p className={styles.message}>{failure.message}</p>
        {failure.hint !== undefined && <p>{failure.hint}</p>}
        <p className={styles.code}>
          {failure.kind} · {failure.code}
        </p>
      </div>
    </div>
  )
}
