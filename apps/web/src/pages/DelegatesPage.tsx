import type { DelegateView } from '@sluice/contract'
import { useQuery } from '@tanstack/react-query'
import { delegatesQuery } from '../api/execution-queries.ts'
import { Announcer } from '../components/Announcer.tsx'
import { DelegateCard } from '../components/DelegateCard.tsx'
import { PageHead } from '../components/PageHead.tsx'
import { delegateHealthLooks } from '../execution/delegate-look.ts'
import { CommandLine } from '../ui/CommandLine.tsx'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { Loading } from '../ui/Loading.tsx'
import styles from './DelegatesPage.module.css'

/** Delegates with their health, and what an administrator can do with each. */
export function DelegatesPage() {
  const query = useQuery({ ...delegatesQuery(), refetchInterval: 3000 })
  return (
    <>
      <PageHead title="Delegates" />
      {query.error !== null && query.data === undefined && (
        <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <Loading what="the delegates" />}
      {query.data !== undefined && <DelegateList delegates={query.data.items} />}
    </>
  )
}

function DelegateList({ delegates }: { delegates: readonly DelegateView[] }) {
  if (delegates.length === 0) {
    return (
      <EmptyState title="No delegate has enrolled yet.">
        <p>A delegate runs in the network of your databases and does all work there. Make a token, then start one with it:</p>
        <CommandLine command="sluice delegate token" />
        <CommandLine command={`sluice delegate start --server ${globalThis.location.origin} --name NAME --token-file FILE`} />
      </EmptyState>
    )
  }
  // What needs somebody comes first, what is gone for good last.
  const rank = ({ revoked, approved, health }: DelegateView): number =>
    revoked ? 3 : approved ? (health === 'connected' ? 2 : 1) : 0
  const sorted = delegates.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
  return (
    <>
      <Announcer
        items={delegates.map(({ id, name, health }) => ({ id, text: `${name}: ${delegateHealthLooks[health].label}` }))}
      />
      <ul className={styles.list}>
        {sorted.map((delegate) => (
          <li key={delegate.id}>
            <DelegateCard delegate={delegate} />
          </li>
        ))}
      </ul>
    </>
  )
}
