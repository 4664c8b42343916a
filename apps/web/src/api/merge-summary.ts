import type { ExecutionSummary } from '@sluice/contract'
import type { ExecutionFilters } from './execution-queries.ts'

interface Page {
  readonly items: readonly ExecutionSummary[]
  readonly nextCursor?: string | undefined
}

/**
 * A page of the list after one execution has changed: its row is replaced, leaves when it no longer fits the filters, and a new one comes
 * on top of the first page. Returns the same page when nothing changes.
 */
export function mergeSummary<P extends Page>(page: P, changed: ExecutionSummary, filters: ExecutionFilters, limit: number): P {
  const index = page.items.findIndex(({ id }) => id === changed.id)
  const fits =
    (filters.state === undefined || filters.state === changed.state) &&
    (filters.pipeline === undefined || filters.pipeline === changed.pipelineIdentifier)
  if (index >= 0) {
    if (!fits) return { ...page, items: page.items.toSpliced(index, 1) }
    if (JSON.stringify(page.items[index]) === JSON.stringify(changed)) return page
    return { ...page, items: page.items.with(index, changed) }
  }
  if (!fits || filters.cursor !== undefined) return page
  // Ids sort by creation. What is older than everything here belongs to a later page.
  const at = page.items.findIndex(({ id }) => id < changed.id)
  if (at < 0 && page.nextCursor !== undefined) return page
  return { ...page, items: page.items.toSpliced(at < 0 ? page.items.length : at, 0, changed).slice(0, limit) }
}
