import type { operationEndpoints } from '@sluice/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import type { z } from 'zod'
import { targetsQuery } from '../api/execution-queries.ts'
import { Announcer } from '../components/Announcer.tsx'
import { PageHead } from '../components/PageHead.tsx'
import type { Tone } from '../execution/state-look.ts'
import { paths } from '../paths.ts'
import { Badge } from '../ui/Badge.tsx'
import { CommandLine } from '../ui/CommandLine.tsx'
import { DataTable, mutedClass } from '../ui/DataTable.tsx'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import type { IconName } from '../ui/Icon.tsx'
import { Loading } from '../ui/Loading.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import styles from './TargetsPage.module.css'

type Target = z.output<typeof operationEndpoints.targets.reply>['items'][number]

const looks: Readonly<Record<Target['state'], { label: string; tone: Tone; icon: IconName | 'spinner' }>> = {
  blocked: { label: 'Blocked', tone: 'unknown', icon: 'question' },
  busy: { label: 'Busy', tone: 'running', icon: 'spinner' },
  free: { label: 'Free', tone: 'success', icon: 'check' },
}

/** Databases that steps write to, and what holds or blocks each. */
export function TargetsPage() {
  const query = useQuery({ ...targetsQuery(), refetchInterval: 3000 })
  return (
    <>
      <PageHead title="Targets" />
      {query.error !== null && query.data === undefined && (
        <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <Loading what="the targets" />}
      {query.data !== undefined &&
        (query.data.items.length === 0 ? (
          <EmptyState title="There is no target yet.">
            <p>A database becomes a target with the first DB instance on it. At most one step at a time writes to each.</p>
            <CommandLine command="sluice apply -f examples/shop/entities" />
          </EmptyState>
        ) : (
          <TargetTable targets={query.data.items} />
        ))}
    </>
  )
}

function TargetTable({ targets }: { targets: readonly Target[] }) {
  const rank = { blocked: 0, busy: 1, free: 2 }
  const sorted = targets.toSorted((a, b) => rank[a.state] - rank[b.state] || a.targetKey.localeCompare(b.targetKey))
  return (
    <>
      <Announcer
        items={targets.map(({ targetKey, state }) => ({ id: targetKey, text: `${targetKey}: ${looks[state].label}` }))}
      />
      <DataTable label="Targets" columns={[{ name: 'Target' }, { name: 'State' }, { name: 'Held by' }]} stacks>
        {sorted.map((target) => (
          <tr key={target.targetKey}>
            <td>
              <code className={styles.key}>{target.targetKey}</code>
              <div className={mutedClass}>{target.dbInstances.map(describeInstance).join(', ') || 'no DB instance any more'}</div>
            </td>
            <td>
              <Badge tone={looks[target.state].tone} icon={looks[target.state].icon}>
                {looks[target.state].label}
              </Badge>
            </td>
            <td className={styles.holder}>
              <Holder target={target} />
            </td>
          </tr>
        ))}
      </DataTable>
    </>
  )
}

function Holder({ target }: { target: Target }) {
  if (target.state === 'free') return <span className={mutedClass}>nothing</span>
  if (target.holder === undefined) return <span>a step of another project</span>
  const { executionId, stepPath, pipelineIdentifier, since } = target.holder
  return (
    <>
      <Link to={paths.step(executionId, stepPath)}>
        {pipelineIdentifier} · {stepPath}
      </Link>{' '}
      <span className={mutedClass}>
        since <RelativeTime at={since} />
      </span>
      {target.state === 'blocked' && (
        <div className={styles.hint}>
          <p>Its outcome is unknown. Open it to see what the database shows and say what happened, or:</p>
          {target.hint !== undefined && <CommandLine command={target.hint} />}
        </div>
      )}
    </>
  )
}

/** Projects are named only where they are not the usual one. */
function describeInstance({ orgIdentifier, projectIdentifier, identifier }: Target['dbInstances'][number]): string {
  const isUsual = orgIdentifier === 'default' && projectIdentifier === 'default'
  return isUsual ? identifier : `${orgIdentifier}/${projectIdentifier}/${identifier}`
}
