import { AppError, toAppError } from '@sluice/base'
import { checkPolicy } from './check-policy.ts'
import type { DelegatePolicy } from './policy.ts'
import type { SecretProvider } from './provider.ts'
import { formatReference } from './reference.ts'
import type { SecretReference, TaskScope } from './reference.ts'

/** How long one value may take to fetch. */
export const secretTimeoutMs = 10_000

/** Why one reference gave no value. */
export interface SecretProblem {
  readonly slot: string
  readonly secretId: string
  /** `SECRET_POLICY`, `SECRET_TIMEOUT`, or what the provider said: `SECRET_NOT_FOUND`, `SEALED_SECRET_MOVED`, … */
  readonly code: string
  /** One sentence that names the reference and never the value. */
  readonly message: string
  readonly hint?: string | undefined
  /** Whether the same reference may work later without anybody changing anything. */
  readonly isRetryable: boolean
}

/** Thrown by `resolveSecrets`; `problems` has every reference that failed. */
export class SecretsError extends AppError {
  readonly problems: readonly SecretProblem[]

  constructor(code: 'SECRETS_REFUSED' | 'SECRETS_UNRESOLVED', total: number, problems: readonly SecretProblem[]) {
    const isRetryable = problems.every((problem) => problem.isRetryable)
    const kind = code === 'SECRETS_REFUSED' ? 'forbidden' : isRetryable ? 'unavailable' : 'failedPrecondition'
    const shown = problems.slice(0, 10).map((problem) => problem.message)
    const more = problems.length > shown.length ? ` And ${problems.length - shown.length} more.` : ''
    const hint = problems.find((problem) => problem.hint !== undefined)?.hint
    super(kind, code, `${problems.length} of ${total} secrets cannot be used. ${shown.join(' ')}${more}`, {
      details: { problems },
      ...(hint === undefined ? {} : { hint }),
    })
    this.problems = problems
  }
}

export interface ResolveOptions {
  /** The project the task runs for, from the task's own scope. */
  readonly scope: TaskScope
  readonly signal?: AbortSignal | undefined
  /** Per value; `secretTimeoutMs` unless given. */
  readonly timeoutMs?: number | undefined
}

/**
 * Values by slot. The policy is asked first, for all references; when it refuses one, none is fetched. Then all are fetched at once, each
 * with its own timeout. Throws `SecretsError` with every problem, or `CANCELED`; values that did arrive are cleared. The
 * caller clears what it gets.
 */
export async function resolveSecrets(
  references: readonly SecretReference[],
  providers: readonly SecretProvider[],
  policy: DelegatePolicy,
  options: ResolveOptions,
): Promise<Map<string, Uint8Array>> {
  const refused = [...duplicateSlots(references), ...policyProblems(references, policy, options.scope)]
  if (refused.length > 0) throw new SecretsError('SECRETS_REFUSED', references.length, refused)

  const results = await Promise.all(references.map((reference) => resolveOne(reference, providers, options)))
  const problems = results.flatMap((result) => result.problem ?? [])
  if (problems.length === 0 && options.signal?.aborted !== true) {
    return new Map(references.map((reference, index) => [reference.slot, results[index]?.value ?? new Uint8Array()]))
  }
  for (const { value } of results) value?.fill(0)
  if (options.signal?.aborted === true) throw new AppError('canceled', 'CANCELED', 'Fetching secrets was canceled.')
  throw new SecretsError('SECRETS_UNRESOLVED', references.length, problems)
}

interface Outcome {
  readonly value?: Uint8Array | undefined
  readonly problem?: SecretProblem | undefined
}

async function resolveOne(
  reference: SecretReference,
  providers: readonly SecretProvider[],
  options: ResolveOptions,
): Promise<Outcome> {
  const provider = providers.find((candidate) => candidate.kind === reference.source.kind)
  if (provider === undefined) {
    const message = `This delegate has no provider "${reference.source.kind}", which ${formatReference(reference)} needs.`
    return { problem: problemOf(reference, 'SECRET_PROVIDER', message) }
  }
  const timeoutMs = options.timeoutMs ?? secretTimeoutMs
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
  let timer: ReturnType<typeof setTimeout> | undefined
  const stopped = new Promise<'stopped'>((resolve) => {
    if (signal.aborted) resolve('stopped')
    signal.addEventListener('abort', () => resolve('stopped'), { once: true })
    timer = setTimeout(() => stop.abort(), timeoutMs)
  })
  const fetching = (async () => provider.resolve(reference, signal))()
  try {
    const value = await Promise.race([fetching, stopped])
    if (value !== 'stopped') return { value }
    // A value that arrives after nobody waits for it is not left in memory.
    fetching.then(
      (late) => late.fill(0),
      () => {},
    )
    const message = `${formatReference(reference)} took more than ${timeoutMs} ms to fetch from "${provider.kind}".`
    return { problem: { ...problemOf(reference, 'SECRET_TIMEOUT', message), isRetryable: true } }
  } catch (error) {
    return { problem: problemFrom(reference, error) }
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

function policyProblems(references: readonly SecretReference[], policy: DelegatePolicy, scope: TaskScope): SecretProblem[] {
  const bySlot = new Map(references.map((reference) => [reference.slot, reference]))
  return checkPolicy(policy, { scope, secrets: references }).flatMap((violation) => {
    const reference = violation.slot === undefined ? undefined : bySlot.get(violation.slot)
    // The project itself is refused: no secret is at fault, all are.
    const concerned = reference === undefined ? references : [reference]
    return concerned.map((one) => ({ ...problemOf(one, 'SECRET_POLICY', violation.message), hint: violation.hint }))
  })
}

function duplicateSlots(references: readonly SecretReference[]): SecretProblem[] {
  const seen = new Set<string>()
  return references.flatMap((reference) => {
    if (!seen.has(reference.slot)) {
      seen.add(reference.slot)
      return []
    }
    return [
      problemOf(
        reference,
        'SECRET_SLOT',
        `Slot "${reference.slot}" is named twice in the task, for ${formatReference(reference)}.`,
      ),
    ]
  })
}

function problemOf(reference: SecretReference, code: string, message: string): SecretProblem {
  return { slot: reference.slot, secretId: reference.secretId, code, message: capitalize(message), isRetryable: false }
}

/** Only our own errors are passed on: a foreign message could quote what it choked on. */
function problemFrom(reference: SecretReference, error: unknown): SecretProblem {
  if (!(error instanceof AppError)) {
    const what = error instanceof Error ? error.name : 'something that is no error'
    return problemOf(reference, 'SECRET_FAILED', `Fetching ${formatReference(reference)} failed (${what}).`)
  }
  const { code, message, hint, retryable } = toAppError(error)
  const named = message.includes(`"${reference.secretId}"`) ? message : `${capitalize(formatReference(reference))}: ${message}`
  return { ...problemOf(reference, code, named), hint, isRetryable: retryable }
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
