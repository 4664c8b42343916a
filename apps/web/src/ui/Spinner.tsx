import styles from './Spinner.module.css'

/** A ring that turns: something is under way. The word for it stands beside. */
export function Spinner({ size = 16 }: { size?: number }) {
  return (
    <svg className={styles.spinner} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <circle cx="8" cy="8" r="6.2" className={styles.track} />
      <path d="M8 1.8A6.2 6.2 0 0 1 14.2 8" />
    </svg>
  )
}
