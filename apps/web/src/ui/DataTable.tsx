import type { ReactNode } from 'react'
import styles from './Table.module.css'

/** The frame of every table: it scrolls in its own box, which the keyboard can reach. */
export function DataTable({
  label,
  columns,
  stacks = false,
  children,
}: {
  label: string
  columns: readonly Column[]
  /** On narrow screens rows become cards, which the page lays out itself. */
  stacks?: boolean
  children: ReactNode
}) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls has to be reached by keyboard
    <section className={styles.scroll} aria-label={label} tabIndex={0}>
      <table className={styles.table} data-stacks={stacks}>
        <thead>
          <tr>
            {columns.map(({ name, kind }) => (
              <th key={name} scope="col" className={kind === 'number' ? styles.number : undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  )
}

export interface Column {
  readonly name: string
  readonly kind?: 'text' | 'number'
}
export const numberClass = styles.number ?? ''
export const mutedClass = styles.muted ?? ''
