import styles from './CommandLine.module.css'
import { CopyButton } from './CopyButton.tsx'

/** A command to type, with a button that copies it. */
export function CommandLine({ command }: { command: string }) {
  return (
    <div className={styles.line}>
      <code>{command}</code>
      <CopyButton text={command} what="the command" />
    </div>
  )
}
