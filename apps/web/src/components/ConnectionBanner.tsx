import { useSyncExternalStore } from 'react'
import { connection, retryNow } from '../api/query-client.ts'
import { Button } from '../ui/Button.tsx'
import { Icon } from '../ui/Icon.tsx'
import { useNow } from '../ui/use-now.ts'
import styles from './ConnectionBanner.module.css'

/** Shorter losses, such as a server that is restarted by its supervisor, are not worth a banner. */
const patienceMs = 1500

/** Says that the server cannot be reached and that the page shows old news. */
export function ConnectionBanner() {
  const since = useSyncExternalStore(connection.subscribe, connection.lostSince)
  const now = useNow(since === undefined ? undefined : 500)
  return (
    <output className={styles.status}>
      {since !== undefined && now - since > patienceMs && (
        <div className={styles.banner} data-tone="warning">
          <Icon name="warning" />
          <span>
            The server cannot be reached. What you see is from {new Date(since).toLocaleTimeString('en-GB')}; work that is under
            way goes on without this page.
          </span>
          <Button onClick={retryNow}>Try now</Button>
        </div>
      )}
    </output>
  )
}
