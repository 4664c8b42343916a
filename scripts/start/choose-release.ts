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
 * release it is that one, so that nothing is written; else the first of v1, v2, … that no database has yet, since a tag marks one state.
 */
export function chooseRelease(databases: readonly ReleasedDatabase[]): string {
  const releases = databases.map(({ name, isUpToDate, lastTag }) =>
    isUpToDate && lastTag?.startsWith(`${name}-`) === true ? lastTag.slice(name.length + 1) : '',
  )
  const [first = ''] = releases
  if (first !== '' && releases.every((release) => release === first)) return first
  return freeRelease(databases)
}

/** The first of v1, v2, … that no database has yet: what a new state may be called. */
export function freeRelease(databases: readonly ReleasedDatabase[]): string {
  for (let number = 1; ; number++) {
    const release = `v${String(number)}`
    if (databases.every(({ name, tags }) => !tags.includes(`${name}-${release}`))) return release
  }
}
