import { limits } from '@sluice/base'

interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextCursor?: string | undefined
}

/** The first `limit` items of a paged list, page by page. */
export async function readPages<Item>(
  limit: number,
  readPage: (query: { readonly limit: number; readonly cursor?: string }) => Promise<Page<Item>>,
): Promise<Item[]> {
  const items: Item[] = []
  for (let cursor: string | undefined; ;) {
    const size = Math.min(limits.pageSizeMax, limit - items.length)
    const page = await readPage({ limit: size, ...(cursor === undefined ? {} : { cursor }) })
    items.push(...page.items)
    cursor = page.nextCursor
    if (cursor === undefined || items.length >= limit) return items
  }
}
