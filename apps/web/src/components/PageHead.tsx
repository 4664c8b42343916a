import type { ReactNode } from 'react'
import styles from './PageHead.module.css'
import { PageTitle } from './PageTitle.tsx'

/** Title of a page with what can be done on it. */
export function PageHead({ title, aside, children }: { title: string; aside?: ReactNode; children?: ReactNode }) {
  return (
    <div className={styles.head}>
      <PageTitle title={title} />
      {aside}
      <div className={styles.actions}>{children}</div>
    </div>
  )
}
