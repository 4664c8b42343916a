import { inputInvalid } from './register-endpoint.ts'

/** An opaque cursor: the sort key of the last item of a page. */
export function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** The sort key in a cursor, which has `count` texts. Throws 400 for anything that `encodeCursor` has not made. */
export function decodeCursor(cursor: string | undefined, count: number): string[] | undefined {
  if (cursor === undefined) return undefined
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (Array.isArray(key) && key.length === count && key.every((part) => typeof part === 'string' && !part.includes('\0'))) {
      return key as string[]
    }
  } catch {
    // Reported below, like every other cursor that is not ours.
  }
  throw inputInvalid([
    {
      path: ['query', 'cursor'],
      code: 'CURSOR_INVALID',
      message: 'The cursor is not one of this list.',
      hint: 'Start without a cursor.',
    },
  ])
}

/** One page from `limit + 1` rows: the extra one only says that there is more. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => readonly string[],
  items: readonly Item[],
): { items: Item[]; nextCursor?: string } {
  const last = rows[limit - 1]
  return {
    items: items.slice(0, limit),
    ...(rows.length > limit && last !== undefined ? { nextCursor: encodeCursor(keyOf(last)) } : {}),
  }
}
