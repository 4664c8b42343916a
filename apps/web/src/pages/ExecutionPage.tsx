import type { ExecutionView } from '@sluice/contract'
import { useMemo } from 'react'
import { Link, useParams, useSearchParams } from 'react-router'
import { useLiveExecution } from '../api/use-live-execution.ts'
import { Announcer } from '../components/Announcer.tsx'
import { DatabaseChanges } from '../components/DatabaseChanges.tsx'
import { ExecutionGraph } from '../components/ExecutionGraph.tsx'
import { ExecutionHead } from '../components/ExecutionHead.tsx'
import { PageHead } from '../components/PageHead.tsx'
import { StepPanel } from '../components/StepPanel.tsx'
import { UnknownPanel } from '../components/UnknownPanel.tsx'
import { WaitingPanel } from '../components/WaitingPanel.tsx'
import { chooseStep, listSteps } from '../execution/list-steps.ts'
import { paths } from '../paths.ts'
import { stateLooks } from '../execution/state-look.ts'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { Loading } from '../ui/Loading.tsx'

/** One execution: its graph, and the log, changes and details of the step that is chosen in the address. */
export function ExecutionPage() {
  const { executionId = '' } = useParams()
  const query = useLiveExecution(executionId)
  if (query.data === undefined) {
    return (
      <>
        <PageHead title="Execution">
          <Link to={paths.executions}>All executions</Link>
        </PageHead>
        {query.error === null ? (
          <Loading what="the execution" />
        ) : (
          <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
        )}
      </>
    )
  }
  return <Execution key={executionId} execution={query.data} />
}

function Execution({ execution }: { execution: ExecutionView }) {
  const [search] = useSearchParams()
  const chosen = chooseStep(execution, search.get('step') ?? undefined)
  const announced = useMemo(
    () => [
      { id: execution.id, text: `Execution: ${stateLooks[execution.state].label}` },
      ...listSteps(execution).map(({ step }) => ({ id: step.stepRunId, text: `${step.name}: ${stateLooks[step.state].label}` })),
    ],
    [execution],
  )
  const unknown = listSteps(execution).filter(({ step }) => step.state === 'Unknown')
  return (
    <>
      <Announcer items={announced} />
      <ExecutionHead execution={execution} />
      {unknown.map(({ step }) => (
        <UnknownPanel key={step.stepRunId} execution={execution} step={step} />
      ))}
      <WaitingPanel execution={execution} />
      <ExecutionGraph execution={execution} selected={chosen?.step.path} />
      {chosen !== undefined && <StepPanel key={chosen.step.stepRunId} execution={execution} placed={chosen} />}
      <DatabaseChanges execution={execution} />
    </>
  )
}
