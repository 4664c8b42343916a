import { entityEndpoints } from '@sluice/contract'
import type { CommandContext } from '../command-context.ts'
import { parseKind } from './entity-kind.ts'
import { scopeFor } from './entity-scope.ts'

/** `sluice delete KIND NAME`: removes Sluice's record only; no database is touched. */
export async function remove(
  context: CommandContext,
  kindText: string,
  identifier: string,
  options: { readonly at?: string },
): Promise<void> {
  const kind = parseKind(kindText)
  const endpoints = entityEndpoints[kind]
  const query = scopeFor(kind, context.scope, options.at)
  const stored = await context.client().call(endpoints.get, { params: { identifier }, query, signal: context.signal })
  await context
    .client()
    .call(endpoints.remove, { params: { identifier }, query, ifMatch: stored.meta.version, signal: context.signal })
  context.printer.result({ kind, identifier, deleted: true }, () => `${kind} ${identifier} deleted.`)
}
