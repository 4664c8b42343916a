import { executionEndpoints, type ExecutionView, type StepView } from '@sluice/contract'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useEndpointMutation } from '../api/endpoint-query.ts'
import { executionQuery } from '../api/execution-queries.ts'
import { describeFinding } from '../execution/describe-finding.ts'
import { Button } from '../ui/Button.tsx'
import { CommandLine } from '../ui/CommandLine.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { controlClass, Field, formClass } from '../ui/Field.tsx'
import { Icon } from '../ui/Icon.tsx'
import { Spinner } from '../ui/Spinner.tsx'
import styles from './UnknownPanel.module.css'
import { useRole } from './use-role.ts'

const outcomes = [
  { as: 'succeeded', label: 'It succeeded', means: 'All of its changes are in the database. The execution goes on.' },
  { as: 'failed', label: 'It failed', means: 'Some of its changes may be in the database. The execution fails here.' },
  { as: 'not-started', label: 'It never began', means: 'None of its changes are in the database. What depends on it fails.' },
] as const

/** A step whose outcome nobody reported: the evidence, and the form in which a person says what happened. */
export function UnknownPanel({ execution, step }: { execution: ExecutionView; step: StepView }) {
  const { whyNot } = useRole('operator')
  const inspect = useEndpointMutation(executionEndpoints.inspect)
  const { inspection } = step
  const isRunning = inspection?.state === 'running'
  const evidence = inspection === undefined ? undefined : describeFinding(inspection)
  return (
    <section className={styles.panel} data-tone="unknown" aria-label={`Unknown outcome of ${step.name}`}>
      <h2 className={styles.title}>
        <Icon name="question" ring /> The outcome of “{step.name}” is unknown
      </h2>
      <p>
        It was allowed to write to {step.dbInstance === undefined ? 'its database' : <code>{step.dbInstance}</code>}, and then
        nothing was heard of it. Until somebody says what happened, nothing else may write there.
      </p>
      <div className={styles.evidence}>
        <h3>What the database shows</h3>
        {isRunning && (
          <p className={styles.running}>
            <Spinner /> A delegate is looking …
          </p>
        )}
        {evidence === undefined && !isRunning && <p>Nobody has looked yet.</p>}
        {evidence !== undefined && (
          <>
            <p className={styles.finding}>{evidence.summary}</p>
            <ul>
              {evidence.facts.map((fact) => (
                <li key={fact}>{fact}</li>
              ))}
            </ul>
          </>
        )}
        <Button
          whyNot={isRunning ? 'It is being looked at.' : whyNot}
          busy={inspect.isPending}
          onClick={() => inspect.mutate({ params: { executionId: execution.id, stepRunId: step.stepRunId } })}
        >
          Look again
        </Button>
        {inspect.error !== null && <ErrorPanel error={inspect.error} />}
      </div>
      <ResolveForm execution={execution} step={step} suggested={evidence?.suggests} whyNot={whyNot} />
    </section>
  )
}

function ResolveForm({
  execution,
  step,
  suggested,
  whyNot,
}: {
  execution: ExecutionView
  step: StepView
  suggested: (typeof outcomes)[number]['as'] | undefined
  whyNot: string | undefined
}) {
  const client = useQueryClient()
  const [as, setAs] = useState<(typeof outcomes)[number]['as'] | undefined>()
  const [reason, setReason] = useState('')
  const resolve = useEndpointMutation(executionEndpoints.resolve, {
    onSuccess: () => client.invalidateQueries({ queryKey: executionQuery(execution.id).queryKey }),
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (as === undefined) return
    resolve.mutate({ params: { executionId: execution.id, stepRunId: step.stepRunId }, body: { as, reason: reason.trim() } })
  }
  const command = `sluice execution resolve ${execution.id} ${step.path} --as ${as ?? 'succeeded|failed|not-started'} --reason "${reason.trim().replaceAll('"', '\\"') || '…'}"`
  return (
    <form className={formClass} onSubmit={submit}>
      <fieldset className={styles.outcomes}>
        <legend>What happened?</legend>
        {outcomes.map(({ as: value, label, means }) => (
          <label key={value} className={styles.outcome}>
            <input
              type="radio"
              name={`as-${step.stepRunId}`}
              value={value}
              required
              checked={as === value}
              onChange={() => setAs(value)}
            />
            <span>
              <strong>{label}</strong>
              {suggested === value && <em> – what the database suggests</em>}
              <br />
              {means}
            </span>
          </label>
        ))}
      </fieldset>
      <Field label="Reason" hint="How you know. It is kept with the execution.">
        {(ids) => (
          <input
            {...ids}
            className={controlClass}
            required
            minLength={3}
            maxLength={4096}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
      </Field>
      {resolve.error !== null && <ErrorPanel error={resolve.error} />}
      <div className={styles.actions}>
        <Button type="submit" kind="primary" whyNot={whyNot} busy={resolve.isPending}>
          Resolve
        </Button>
        <CommandLine command={command} />
      </div>
    </form>
  )
}
