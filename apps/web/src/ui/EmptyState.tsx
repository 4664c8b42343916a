import type { ReactNode } from 'react'
import styles from './EmptyState.module.css'

/** What stands where nothing is yet: why, and the next thing to do. */
export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <p className={styles.title}>{title}</p>
      {children}
    </div>
  )
}
