import styles from './Loading.module.css'
import { Spinner } from './Spinner.tsx'

/** Something is on its way. Appears only after a moment, so that fast answers do not flicker. */
export function Loading({ what }: { what: string }) {
  return (
    <output className={styles.loading}>
      <Spinner /> Loading {what} …
    </output>
  )
}
