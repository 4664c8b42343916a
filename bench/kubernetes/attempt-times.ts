import { waitFor } from '@sluice/testkit'
import type { KubeLab } from './lab.ts'

/** Moments of one attempt, all in milliseconds since 1970 on this machine's clock; undefined where nobody saw it. */
export interface AttemptTimes {
  readonly attemptId: string
  /** The control plane was asked to run the pipeline. */
  readonly askedAt: number
  readonly offeredAt: number
  readonly acceptedAt: number
  /** The delegate's own figure: from its acceptance to the created pod. */
  readonly placeMs: number | undefined
  readonly placedAt: number | undefined
  /** The first instant of the runner's process, as Node.js knows it. */
  readonly runnerAt: number | undefined
  readonly runnerFirstStepAt: number | undefined
  /** The control plane has stored that the step runs, and its outcome. */
  readonly stepAt: number
  readonly stepEndAt: number
  readonly executionEndAt: number
  readonly podEndAt: number | undefined
  readonly anchorGoneAt: number | undefined
  /** What the kubelet took from the pod's deletion to its end. */
  readonly podStopMs: number | undefined
  readonly goneAt: number | undefined
}

const endOfRunMs = 120_000
const goneMs = 60_000

/** Runs a pipeline to its end and waits until nothing of it is left in the cluster. Throws when it does not succeed. */
export async function runAndWatch(lab: KubeLab, pipeline: string): Promise<AttemptTimes[]> {
  const { installation } = lab.kube
  const askedAt = Date.now()
  const id = await installation.run(pipeline)
  return watchRun(lab, id, askedAt)
}

/** The same for an execution that was started before. */
export async function watchRun(lab: KubeLab, executionId: string, askedAt: number): Promise<AttemptTimes[]> {
  const { installation } = lab.kube
  const view = await installation.waitForExecution(executionId, { timeoutMs: endOfRunMs })
  if (view.state !== 'Succeeded') {
    throw new Error(
      `A run ended as ${view.state}: ${JSON.stringify(view.failure)}\n${installation.delegate?.output.slice(-3000) ?? ''}`,
    )
  }
  const rows = await lab.control.query(rowsOfExecution, [executionId])
  const ids = rows.map((row) => String(row['id']))
  const isGone = (attemptId: string): boolean => lab.objects.of(attemptId).goneAt !== undefined
  await waitFor(() => ids.every(isGone), { timeoutMs: goneMs, what: 'the objects of the attempts to go' }).catch(() => {})
  return Promise.all(rows.map((row) => readTimes(lab, row, askedAt)))
}

const ms = (column: string): string => `extract(epoch from ${column})::float8 * 1000`
const rowsOfExecution = `select a.id, ${ms('a.created_at')} as offered, ${ms('a.accepted_at')} as accepted, ${ms('s.started_at')} as step,
    ${ms('s.finished_at')} as step_end, ${ms('e.ended_at')} as execution_end
  from executions e join step_runs s on s.execution_id = e.id join attempts a on a.id = s.attempt_id where e.id = $1`

async function readTimes(lab: KubeLab, row: Readonly<Record<string, unknown>>, askedAt: number): Promise<AttemptTimes> {
  const attemptId = String(row['id'])
  const { endedAt, anchorGoneAt, podDeletedAt, podGoneAt, goneAt, log } = lab.objects.of(attemptId)
  const at = (name: string): number => Number(row[name])
  return {
    attemptId,
    askedAt,
    offeredAt: at('offered'),
    acceptedAt: at('accepted'),
    ...readPlacement(lab, attemptId),
    ...readRunnerLog((await log) ?? ''),
    stepAt: at('step'),
    stepEndAt: at('step_end'),
    executionEndAt: at('execution_end'),
    podEndAt: endedAt,
    anchorGoneAt,
    podStopMs: podDeletedAt === undefined || podGoneAt === undefined ? undefined : podGoneAt - podDeletedAt,
    goneAt,
  }
}

function readPlacement(lab: KubeLab, attemptId: string): Pick<AttemptTimes, 'placeMs' | 'placedAt'> {
  const line = findLine(lab.kube.installation.delegate?.output ?? '', `"attemptId":"${attemptId}"`, 'A runner was started.')
  return line === undefined
    ? { placeMs: undefined, placedAt: undefined }
    : { placeMs: Number(line['tookMs']), placedAt: Date.parse(String(line['time'])) }
}

function readRunnerLog(log: string): Pick<AttemptTimes, 'runnerAt' | 'runnerFirstStepAt'> {
  const line = findLine(log, 'sinceStartMs', 'The first step begins')
  if (line === undefined) return { runnerAt: undefined, runnerFirstStepAt: undefined }
  const runnerFirstStepAt = Date.parse(String(line['time']))
  return { runnerAt: runnerFirstStepAt - Number(line['sinceStartMs']), runnerFirstStepAt }
}

/** The last JSON line that holds both texts. */
function findLine(output: string, ...texts: readonly string[]): Record<string, unknown> | undefined {
  const line = output.split('\n').findLast((candidate) => texts.every((text) => candidate.includes(text)))
  return line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>)
}
