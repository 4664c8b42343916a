import { describeError } from '../api/call-errors.ts'
import { Button } from './Button.tsx'
import styles from './ErrorPanel.module.css'
import { Icon } from './Icon.tsx'

/** Anything that went wrong, in one shape: what happened, what to do, and the request to name when asking for help. */
export function ErrorPanel({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const { title, hint, code, requestId, issues } = describeError(error)
  return (
    <div className={styles.panel} role="alert">
      <Icon name="warning" />
      <div className={styles.text}>
        <p className={styles.title}>{title}</p>
        {issues.length > 0 && (
          <ul>
            {issues.map((issue, index) => (
              <li key={index}>{issue}</li>
            ))}
          </ul>
        )}
        {hint !== undefined && <p>{hint}</p>}
        <p className={styles.facts}>
          {code}
          {requestId !== undefined && <> · request {requestId}</>}
        </p>
      </div>
      {onRetry !== undefined && <Button onClick={onRetry}>Try again</Button>}
    </div>
  )
}
