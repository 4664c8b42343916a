/** What a database holds, as far as the choice needs it. */
export interface ReleasedDatabase {
  readonly name: string
  readonly isUpToDate: boolean
  readonly lastTag: string | null
  /** All tags of its history. */
  readonly tags: readonly string[]
}

/**
 * The release that the example's pipeline is run with; it tags each database `NAME-RELEASE`. Where all of them are up to date at one
 * release it is that one, so that nothing is written; else the next of v1, v2, …, since a tag marks one state.
 */
export function chooseRelease(databases: readonly ReleasedDatabase[]): string {
  const releases = databases.map(({ name, isUpToDate, lastTag }) =>
    isUpToDate && lastTag?.startsWith(`${name}-`) === true ? lastTag.slice(name.length + 1) : '',
  )
  const [first = ''] = releases
  if (first !== '' && releases.every((release) => release === first)) return first
  return nextRelease(databases)
}

/** The one of v1, v2, … after all that any database has, or had before others: what a new state may be called. */
export function nextRelease(databases: readonly ReleasedDatabase[]): string {
  const numbers = databases.flatMap(({ name, tags }) =>
    tags.map((tag) => (tag.startsWith(`${name}-v`) ? Number(/^\d{1,9}$/.exec(tag.slice(name.length + 2))?.[0] ?? 0) : 0)),
  )
  return `v${String(1 + Math.max(0, ...numbers))}`
}
