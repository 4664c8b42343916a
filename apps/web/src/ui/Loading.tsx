import styles from './Loading.module.css'
import { Spinner } from './Spinner.tsx'

/** Something is on its way. Appears only after a moment, so that fast answers do not flicker. */
export function Loading({ what }: { what: string }) {
  return (
    <p className={styles.loading} role="status">
      <Spinner /> Loading {what} …
    </p>
  )
}
