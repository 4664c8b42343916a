import { describeFinding } from '../execution/describe-finding.ts'
import type { PlacedStep } from '../execution/list-steps.ts'
import { formatOutput } from '../format/output.ts'
import { PodEvents } from './PodEvents.tsx'
import { Facts } from '../ui/Facts.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import styles from './StepDetails.module.css'

const contacts = { ok: 'in contact', lost: 'no word from it' } as const

/** Everything that is known of a step, for who looks closely. */
export function StepDetails({ placed, executionId }: { placed: PlacedStep; executionId: string }) {
  const { step, group } = placed
  const { attempt } = group
  const isOver = step.endedAt !== undefined
  const outputs = Object.entries(step.outputs ?? {})
  const finding = step.inspection === undefined ? undefined : describeFinding(step.inspection)
  return (
    <div className={styles.sections}>
      <Facts
        facts={[
          ['Type', step.type],
          ['Path', <code key="path">{step.path}</code>],
          ['DB schema', step.dbSchema],
          ['DB instance', step.dbInstance],
          ['Target', step.targetKey === undefined ? undefined : <code key="target">{step.targetKey}</code>],
          ['Commit', step.commit === undefined ? undefined : <code key="commit">{step.commit}</code>],
          ['Started', step.startedAt === undefined ? undefined : <RelativeTime key="started" at={step.startedAt} />],
          ['Ended', step.endedAt === undefined ? undefined : <RelativeTime key="ended" at={step.endedAt} />],
          // Afterwards it is in the step's failure, or of no interest.
          ['Waiting for', isOver ? undefined : (step.waitingFor ?? attempt?.waitingFor)],
          ['What to do', isOver || step.waitingFor !== undefined ? undefined : attempt?.waitingHint],
          [
            'Permit to write',
            step.permit === undefined ? undefined : (
              <span key="permit">
                number {step.permit.fence} on this target, granted <RelativeTime at={step.permit.grantedAt} />,{' '}
                {step.permit.open ? 'still open' : 'returned'}
              </span>
            ),
          ],
          ['Delegate', attempt?.delegateName],
          ['Place', attempt?.place],
          [
            'Attempt',
            attempt === undefined
              ? undefined
              : `number ${String(attempt.number)}, ${attempt.state}${attempt.contact === undefined ? '' : `, ${contacts[attempt.contact]}`}`,
          ],
          [
            'Resolved',
            step.resolution === undefined
              ? undefined
              : `as ${step.resolution.as} by ${step.resolution.by}: ${step.resolution.reason}`,
          ],
        ]}
      />
      {outputs.length > 0 && (
        <section>
          <h3>Outputs</h3>
          <Facts
            facts={outputs.map(([name, value]) => [
              name,
              value === null ? (
                <em key={name}>none</em>
              ) : (
                <pre key={name} className={styles.output}>
                  {formatOutput(value)}
                </pre>
              ),
            ])}
          />
        </section>
      )}
      {attempt?.place?.startsWith('pod ') === true && (
        <PodEvents
          key={attempt.attemptId}
          executionId={executionId}
          attemptId={attempt.attemptId}
          place={attempt.place}
          isOpenAtFirst={
            (!isOver && attempt.waitingFor !== undefined) || (step.failure ?? group.failure)?.kind === 'infrastructure'
          }
        />
      )}
      {finding !== undefined && (
        <section>
          <h3>What the database showed</h3>
          <p>{finding.summary}</p>
          <ul className={styles.list}>
            {finding.facts.map((fact) => (
              <li key={fact}>{fact}</li>
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}
