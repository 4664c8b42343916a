import type { ReactNode } from 'react'
import type { Tone } from '../execution/state-look.ts'
import styles from './Badge.module.css'
import { Icon, type IconName } from './Icon.tsx'
import { Spinner } from './Spinner.tsx'

/** A short fact with a colour and, for states, an icon. */
export function Badge({
  tone = 'neutral',
  icon,
  plain = false,
  title,
  children,
}: {
  tone?: Tone
  icon?: IconName | 'spinner' | undefined
  /** Without the coloured surface. */
  plain?: boolean
  title?: string | undefined
  children: ReactNode
}) {
  return (
    <span className={plain ? styles.plain : styles.badge} data-tone={tone} title={title}>
      {icon === 'spinner' ? <Spinner /> : icon !== undefined && <Icon name={icon} ring={icon !== 'warning'} />}
      <span>{children}</span>
    </span>
  )
}
