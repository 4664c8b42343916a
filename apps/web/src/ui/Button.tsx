import type { ComponentProps, ReactNode } from 'react'
import styles from './Button.module.css'
import { Icon, type IconName } from './Icon.tsx'
import { Spinner } from './Spinner.tsx'

/** A button. With `whyNot` it cannot be used and says why, rather than being hidden. */
export function Button({
  kind = 'normal',
  icon,
  busy = false,
  whyNot,
  children,
  ...rest
}: Omit<ComponentProps<'button'>, 'className' | 'disabled'> & {
  kind?: 'normal' | 'primary' | 'danger' | 'quiet'
  icon?: IconName
  /** The work that it started is under way. */
  busy?: boolean
  whyNot?: string | undefined
  children?: ReactNode
}) {
  return (
    <button
      type="button"
      {...rest}
      className={styles.button}
      data-kind={kind}
      disabled={busy || whyNot !== undefined}
      aria-busy={busy || undefined}
      title={whyNot ?? rest.title}
    >
      {busy ? <Spinner size={14} /> : icon !== undefined && <Icon name={icon} size={14} />}
      {children !== undefined && <span>{children}</span>}
    </button>
  )
}
