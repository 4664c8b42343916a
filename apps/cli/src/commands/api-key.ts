import { AppError, didYouMean } from '@sluice/base'
import { type apiKeyInput, type apiKeyView, operationEndpoints } from '@sluice/contract'
import type { z } from 'zod'
import type { CommandContext } from '../command-context.ts'
import { formatAge, formatTable } from '../output/table.ts'
import { readPages } from '../read-pages.ts'

type ApiKey = z.infer<typeof apiKeyView>

/** Most keys that a name is looked for in. */
const searchMax = 10_000

/** `sluice api-key list`: what the caller's own key may see; never a key itself. */
export async function listApiKeys(context: CommandContext, options: { readonly limit: number }): Promise<void> {
  const keys = await readKeys(context, options.limit)
  const now = Date.now()
  context.printer.result(keys, () =>
    formatTable(
      ['ID', 'NAME', 'ROLE', 'SCOPE', 'CREATED', 'EXPIRES', 'USED'],
      keys.map((key) => [
        key.id,
        key.name,
        key.role,
        scopeText(key),
        `${formatAge(key.createdAt, now)} ago`,
        expiryText(key, now),
        key.lastUsedAt === undefined ? 'never' : `${formatAge(key.lastUsedAt, now)} ago`,
      ]),
      'There are no API keys here. Make one with: sluice api-key create NAME --role viewer',
    ),
  )
}

/** `sluice api-key create`: the key is printed this once, alone on stdout, so that a script can take it as it is. */
export async function createApiKey(
  context: CommandContext,
  name: string,
  options: { readonly role: string; readonly at: string; readonly days?: number },
): Promise<void> {
  const { orgIdentifier } = context.scope
  const scope = options.at === 'account' ? {} : options.at === 'org' ? { orgIdentifier } : context.scope
  const made = await context.client().call(operationEndpoints.createApiKey, {
    body: {
      name,
      role: options.role as z.input<typeof apiKeyInput>['role'],
      ...scope,
      ...(options.days === undefined ? {} : { expiresInDays: options.days }),
    },
    signal: context.signal,
  })
  context.printer.result(made, () => made.key)
  const until = made.expiresAt === undefined ? 'until it is revoked' : `until ${made.expiresAt}`
  context.printer.progress(
    [
      '',
      `"${made.name}" (${made.id}) is ${made.role} of ${scopeText(made)} ${until}; the key is not shown again.`,
      `  Use it as SLUICE_API_KEY or with sluice login; end it with: sluice api-key revoke ${made.id}`,
    ].join('\n'),
  )
}

/** `sluice api-key revoke`: ends a key, by its id or by a name that no other has, with the sessions that were opened with it. */
export async function revokeApiKey(context: CommandContext, which: string): Promise<void> {
  const key = findKey(await readKeys(context, searchMax), which)
  await context.client().call(operationEndpoints.removeApiKey, { params: { keyId: key.id }, signal: context.signal })
  context.printer.result(key, () => `"${key.name}" (${key.id}) is revoked, with every session that was opened with it.`)
}

async function readKeys(context: CommandContext, limit: number): Promise<ApiKey[]> {
  const keys = await readPages(limit, (query) =>
    context.client().call(operationEndpoints.apiKeys, { query, signal: context.signal }),
  )
  return keys.slice(0, limit)
}

function findKey(keys: readonly ApiKey[], which: string): ApiKey {
  const byId = keys.find(({ id }) => id === which)
  const byName = keys.filter(({ name }) => name === which)
  const found = byId ?? byName[0]
  if (found !== undefined && (byId !== undefined || byName.length === 1)) return found
  if (found !== undefined) {
    const ids = byName.map((key) => `${key.id} (${scopeText(key)})`)
    throw new AppError('invalid', 'API_KEY_AMBIGUOUS', `${String(byName.length)} keys are named "${which}".`, {
      hint: `Name one by its id: ${ids.join(', ')}.`,
    })
  }
  const nearest = didYouMean(
    which,
    keys.flatMap(({ id, name }) => [name, id]),
  )
  throw new AppError('notFound', 'API_KEY_NOT_FOUND', `There is no API key "${which}".`, {
    hint: `${nearest === undefined ? '' : `Did you mean ${nearest}? `}See: sluice api-key list`,
  })
}

function scopeText({ scope }: ApiKey): string {
  return [scope.orgIdentifier, scope.projectIdentifier].filter((part) => part !== undefined).join('/') || 'account'
}

function expiryText({ expiresAt }: ApiKey, nowMs: number): string {
  if (expiresAt === undefined) return 'never'
  return Date.parse(expiresAt) <= nowMs ? 'expired' : expiresAt.slice(0, 16).replace('T', ' ') + 'Z'
}
