import { AppError, didYouMean } from '@sluice/base'
import { type DelegateView, operationEndpoints } from '@sluice/contract'
import type { CommandContext } from '../command-context.ts'
import { readConfig } from '../config.ts'
import { formatAge, formatTable } from '../output/table.ts'

export async function listDelegates(context: CommandContext): Promise<void> {
  const items = await allDelegates(context)
  const now = Date.now()
  context.printer.result(items, () =>
    formatTable(
      ['NAME', 'HEALTH', 'APPROVED', 'TAGS', 'RUNNING', 'FREE', 'SEEN', 'VERSION', 'FINGERPRINT'],
      items.map((delegate) => {
        const seen = delegate.instances
          .map((instance) => instance.lastSeenAt)
          .filter((at) => at !== undefined)
          .sort()
          .at(-1)
        const sum = (count: (instance: DelegateView['instances'][number]) => number): string =>
          String(delegate.instances.reduce((total, instance) => total + count(instance), 0))
        return [
          delegate.name,
          `${delegate.health}${delegate.draining ? ', draining' : ''}`,
          delegate.approved ? 'yes' : 'no',
          delegate.tags.join(',') || '-',
          sum((i) => i.attempts.length),
          sum((i) => i.free),
          seen === undefined ? '-' : `${formatAge(seen, now)} ago`,
          delegate.version,
          delegate.fingerprint,
        ]
      }),
      'No delegate is enrolled. Make a token with: sluice delegate token',
    ),
  )
}

/** `sluice delegate token`: a one-use enrolment token, shown once. */
export async function createDelegateToken(
  context: CommandContext,
  options: { readonly hours: number; readonly uses: number; readonly approve: boolean; readonly at: string },
): Promise<void> {
  const scope =
    options.at === 'account' ? {} : options.at === 'org' ? { orgIdentifier: context.scope.orgIdentifier } : context.scope
  const token = await context.client().call(operationEndpoints.createToken, {
    body: { ...scope, expiresInHours: options.hours, uses: options.uses, approve: options.approve },
    signal: context.signal,
  })
  // The token alone is the answer, so that a script can take it as it is.
  context.printer.result(token, () => token.token)
  const { url } = readConfig(context.env)
  context.printer.progress(
    [
      '',
      `Good for ${token.usesLeft === 1 ? 'one enrolment' : `${String(token.usesLeft)} enrolments`} until ${token.expiresAt}; it is not shown again. In the network of the databases:`,
      `  SLUICE_DELEGATE_TOKEN=… sluice delegate start --server ${url} --name NAME`,
      ...(options.approve ? [] : ['The delegate may receive sealed secrets after: sluice delegate approve NAME']),
    ].join('\n'),
  )
}

/** Approve, revoke or drain a delegate by its name or id. */
export async function updateDelegate(
  context: CommandContext,
  name: string,
  change: { readonly approved?: true; readonly revoked?: true; readonly draining?: boolean },
): Promise<void> {
  const found = await findDelegate(context, name)
  const updated = await context
    .client()
    .call(operationEndpoints.updateDelegate, { params: { delegateId: found.id }, body: change, signal: context.signal })
  const what =
    change.revoked === true
      ? 'revoked: it takes no new work, and what runs reports to its end'
      : change.approved === true
        ? `approved: secrets may now be sealed to ${updated.fingerprint}`
        : change.draining === true
          ? 'draining'
          : 'taking work again'
  context.printer.result(updated, () => `Delegate ${updated.name} is ${what}.`)
}

async function allDelegates(context: CommandContext): Promise<readonly DelegateView[]> {
  return (await context.client().call(operationEndpoints.delegates, { query: { limit: 500 }, signal: context.signal })).items
}

async function findDelegate(context: CommandContext, name: string): Promise<DelegateView> {
  const delegates = await allDelegates(context)
  const found = delegates.find((delegate) => delegate.name === name || delegate.id === name)
  if (found !== undefined) return found
  const suggestion = didYouMean(
    name,
    delegates.map((delegate) => delegate.name),
  )
  throw new AppError(
    'notFound',
    'DELEGATE_NOT_FOUND',
    `There is no delegate "${name}".`,
    suggestion === undefined ? {} : { hint: `Did you mean ${suggestion}?` },
  )
}
