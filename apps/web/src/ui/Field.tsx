import { type ReactNode, useId } from 'react'
import styles from './Field.module.css'

/** A labelled control. The child gets the ids that tie label and hint to it. */
export function Field({
  label,
  hint,
  children,
}: {
  label: string
  hint?: ReactNode
  children: (ids: { id: string; 'aria-describedby': string | undefined }) => ReactNode
}) {
  const id = useId()
  const hintId = `${id}-hint`
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': hint === undefined ? undefined : hintId })}
      {hint !== undefined && (
        <p id={hintId} className={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  )
}

export const controlClass = styles.control ?? ''
/** A form's fields, one under the other. */
export const formClass = styles.form ?? ''
