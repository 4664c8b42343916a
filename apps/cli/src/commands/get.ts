import { entityEndpoints, type EntityView } from '@sluice/contract'
import type { CommandContext } from '../command-context.ts'
import { formatAge, formatTable } from '../output/table.ts'
import { readPages } from '../read-pages.ts'
import { parseKind } from './entity-kind.ts'
import { scopeFor } from './entity-scope.ts'

/** `sluice get KIND [NAME]`: one entity as YAML, or a list. */
export async function get(
  context: CommandContext,
  kindText: string,
  identifier: string | undefined,
  options: { readonly at?: string; readonly limit: number },
): Promise<void> {
  const kind = parseKind(kindText)
  const endpoints = entityEndpoints[kind]
  const query = scopeFor(kind, context.scope, options.at)
  if (identifier !== undefined) {
    const entity = await context.client().call(endpoints.get, { params: { identifier }, query, signal: context.signal })
    const { formatEntity } = await import('../output/entity-yaml.ts')
    context.printer.result(entity, () => formatEntity(kind, entity.spec))
    return
  }
  const items = await readPages(options.limit, (page) =>
    context.client().call(endpoints.list, { query: { ...query, ...page }, signal: context.signal }),
  )
  const now = Date.now()
  context.printer.result(items, () =>
    formatTable(
      ['NAME', 'SCOPE', 'DETAIL', 'VERSION', 'AGE'],
      items.map((entity) => [
        String(entity.spec['identifier']),
        scopeText(entity),
        detail(entity),
        String(entity.meta.version),
        formatAge(entity.meta.createdAt, now),
      ]),
      `There are no ${kind} entities here.`,
    ),
  )
}

function scopeText({ spec }: EntityView): string {
  const { orgIdentifier, projectIdentifier } = spec
  return (
    [orgIdentifier, projectIdentifier]
      .filter((part) => part !== undefined)
      .map(String)
      .join('/') || 'account'
  )
}

function detail({ kind, spec, facts }: EntityView): string {
  const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '-')
  switch (kind) {
    case 'connector':
      return text(spec['type'])
    case 'secret':
      return `${text((spec['spec'] as Record<string, unknown>)['provider'])}${facts?.['valueVersion'] === undefined || facts['valueVersion'] === null ? '' : `, value v${text(facts['valueVersion'])}`}`
    case 'dbSchema':
      return `${text(spec['migrationType'])} ${text((spec['changelog'] as Record<string, unknown>)['location'])}`
    case 'dbInstance':
      return `${text(spec['dbSchema'])} on ${text(spec['connector'])}${typeof facts?.['lastAppliedTag'] === 'string' ? `, tag ${facts['lastAppliedTag']}` : ''}`
    default:
      return text(spec['name'])
  }
}
