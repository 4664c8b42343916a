import { executionState, type ExecutionSummary } from '@sluice/contract'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { type ExecutionFilters, executionsQuery, pipelinesQuery } from '../api/execution-queries.ts'
import { useLiveExecutions } from '../api/use-live-executions.ts'
import { Announcer } from '../components/Announcer.tsx'
import { LiveMark } from '../components/LiveMark.tsx'
import { PageHead } from '../components/PageHead.tsx'
import { RunPipelineDialog } from '../components/RunPipelineDialog.tsx'
import { useRole } from '../components/use-role.ts'
import { describeProgress } from '../execution/describe-progress.ts'
import { stateLooks } from '../execution/state-look.ts'
import { paths } from '../paths.ts'
import { Button } from '../ui/Button.tsx'
import { CommandLine } from '../ui/CommandLine.tsx'
import { DataTable, mutedClass, numberClass } from '../ui/DataTable.tsx'
import { Duration } from '../ui/Duration.tsx'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { controlClass } from '../ui/Field.tsx'
import { Loading } from '../ui/Loading.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import { StateBadge } from '../ui/StateBadge.tsx'
import styles from './ExecutionsPage.module.css'

const columns = [
  { name: 'Pipeline' },
  { name: 'State' },
  { name: 'Progress' },
  { name: 'Databases' },
  { name: 'Started' },
  { name: 'Duration', kind: 'number' },
] as const

export function ExecutionsPage() {
  const [search, setSearch] = useSearchParams()
  const filters = readFilters(search)
  const query = useQuery({ ...executionsQuery(filters), placeholderData: keepPreviousData, refetchInterval: 15_000 })
  const status = useLiveExecutions(filters)
  const [isRunOpen, setIsRunOpen] = useState(false)
  const { whyNot } = useRole('operator')
  const change = (name: string, value: string): void => {
    setSearch((current) => {
      current.delete('cursor')
      if (value === '') current.delete(name)
      else current.set(name, value)
      return current
    })
  }
  const isFiltered = filters.pipeline !== undefined || filters.state !== undefined
  return (
    <>
      <PageHead title="Executions" aside={<LiveMark status={status} />}>
        <Button kind="primary" icon="play" whyNot={whyNot} onClick={() => setIsRunOpen(true)}>
          Run pipeline
        </Button>
      </PageHead>
      <Filters filters={filters} onChange={change} />
      {query.error !== null && <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Loading what="the executions" />}
      {query.data !== undefined &&
        (query.data.items.length === 0 ? (
          <NoExecutions isFiltered={isFiltered || filters.cursor !== undefined} onReset={() => setSearch({})} />
        ) : (
          <ExecutionTable items={query.data.items} />
        ))}
      <nav className={styles.paging} aria-label="Paging">
        {filters.cursor !== undefined && (
          <Link to={{ search: withCursor(search, undefined) }} rel="first">
            ← Newest
          </Link>
        )}
        {query.data?.nextCursor !== undefined && (
          <Link to={{ search: withCursor(search, query.data.nextCursor) }} rel="next">
            Older →
          </Link>
        )}
      </nav>
      {isRunOpen && <RunPipelineDialog pipeline={filters.pipeline} onClose={() => setIsRunOpen(false)} />}
    </>
  )
}

function ExecutionTable({ items }: { items: readonly ExecutionSummary[] }) {
  const navigate = useNavigate()
  return (
    <>
      <Announcer
        items={items.map(({ id, pipelineName, sequence, state }) => ({
          id,
          text: `${pipelineName} #${String(sequence)}: ${stateLooks[state].label}`,
        }))}
      />
      <DataTable label="Executions" columns={columns} stacks>
        {items.map((item) => (
          <tr
            key={item.id}
            className={styles.row}
            onClick={(event) => {
              // The link in the row is what keyboards and screen readers use; a click beside it is meant for it too.
              if ((event.target as Element).closest('a') === null && getSelection()?.toString() === '')
                void navigate(paths.execution(item.id))
            }}
          >
            <td>
              <Link to={paths.execution(item.id)} className={styles.name}>
                {item.pipelineName} <span className={styles.sequence}>#{item.sequence}</span>
              </Link>
              <div className={mutedClass}>by {item.triggeredBy}</div>
            </td>
            <td>
              <StateBadge state={item.state} />
              {item.cancelRequested && item.state === 'Running' && <div className={mutedClass}>cancelling</div>}
            </td>
            <td className={styles.progress}>{describeProgress(item.stepCounts)}</td>
            <td className={styles.databases}>
              {item.dbInstances.length === 0 ? <span className={mutedClass}>none</span> : item.dbInstances.join(', ')}
            </td>
            <td className={styles.when}>
              <RelativeTime at={item.startedAt} />
            </td>
            <td className={numberClass}>
              <Duration from={item.startedAt} to={item.endedAt} />
            </td>
          </tr>
        ))}
      </DataTable>
    </>
  )
}

function Filters({ filters, onChange }: { filters: ExecutionFilters; onChange: (name: string, value: string) => void }) {
  const { data } = useQuery(pipelinesQuery())
  const known =
    data?.items.map(({ spec }) => ({ id: String(spec['identifier']), name: String(spec['name'] ?? spec['identifier']) })) ?? []
  // A filter from the address that names no pipeline of the list is shown as it is.
  const pipelines =
    filters.pipeline === undefined || known.some(({ id }) => id === filters.pipeline)
      ? known
      : [...known, { id: filters.pipeline, name: filters.pipeline }]
  return (
    <search className={styles.filters} aria-label="Filter executions">
      <label>
        <span>Pipeline</span>
        <select
          className={controlClass}
          value={filters.pipeline ?? ''}
          onChange={(event) => onChange('pipeline', event.currentTarget.value)}
        >
          <option value="">All pipelines</option>
          {pipelines.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>State</span>
        <select
          className={controlClass}
          value={filters.state ?? ''}
          onChange={(event) => onChange('state', event.currentTarget.value)}
        >
          <option value="">All states</option>
          {executionState.options.map((state) => (
            <option key={state} value={state}>
              {stateLooks[state].label}
            </option>
          ))}
        </select>
      </label>
    </search>
  )
}

function NoExecutions({ isFiltered, onReset }: { isFiltered: boolean; onReset: () => void }) {
  if (isFiltered) {
    return (
      <EmptyState title="No execution fits these filters.">
        <Button onClick={onReset}>Show all</Button>
      </EmptyState>
    )
  }
  return (
    <EmptyState title="Nothing has run yet.">
      <p>Load entities and run a pipeline; it appears here at once.</p>
      <CommandLine command="sluice apply -f examples/shop/entities" />
      <CommandLine command="sluice pipeline run deploy_shop --follow" />
    </EmptyState>
  )
}

function readFilters(search: URLSearchParams): ExecutionFilters {
  return {
    pipeline: search.get('pipeline') ?? undefined,
    state: executionState.safeParse(search.get('state')).data,
    cursor: search.get('cursor') ?? undefined,
  }
}

function withCursor(search: URLSearchParams, cursor: string | undefined): string {
  const next = new URLSearchParams(search)
  if (cursor === undefined) next.delete('cursor')
  else next.set('cursor', cursor)
  return next.toString()
}
