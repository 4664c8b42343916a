import type { ExecutionView, StepView } from '@sluice/contract'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { changesetsQuery } from '../api/execution-queries.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { Loading } from '../ui/Loading.tsx'
import { ChangesetTable } from './ChangesetTable.tsx'

/** What a step applied to or rolled back from its database. */
export function StepChanges({ execution, step }: { execution: ExecutionView; step: StepView }) {
  const client = useQueryClient()
  const query = useQuery(changesetsQuery(execution.id, step.stepRunId))
  // Counts come with the execution's events: another number means other rows.
  const seen = JSON.stringify([step.counts, step.state])
  const { queryKey } = changesetsQuery(execution.id, step.stepRunId)
  useEffect(() => {
    void client.invalidateQueries({ queryKey })
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the key is made anew at every rendering; its parts do not change here
  }, [client, seen])
  if (query.error !== null) return <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
  if (query.data === undefined) return <Loading what="the changes" />
  if (query.data.items.length === 0) return <EmptyState title={noChangesTitle(step)} />
  return (
    <ChangesetTable label={`Changes of ${step.name}`} changesets={query.data.items} isCut={query.data.nextCursor !== undefined} />
  )
}

function noChangesTitle({ state, counts }: StepView): string {
  if (state === 'Pending' || state === 'Queued') return 'It has not started.'
  if (state === 'Running') return counts === undefined ? 'It has no plan yet.' : 'It has changed nothing yet.'
  return state === 'Succeeded' ? 'It changed nothing: the database was up to date.' : 'It changed nothing.'
}
