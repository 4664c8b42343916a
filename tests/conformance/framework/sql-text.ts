/** Statements per changeset of what an `-sql` command prints, without those on the tool's own tables. */
export function splitByChangeset(output: string): Readonly<Record<string, readonly string[]>> {
  const blocks: Record<string, string[]> = {}
  const [, ...chunks] = plainText(withoutDatabase(output)).split(/^-- (?:Changeset|Rolling Back ChangeSet:) /m)
  for (const chunk of chunks) {
    const lineEnd = chunk.indexOf('\n')
    const id = chunk.slice(0, lineEnd).split('::')[1] ?? ''
    const body = chunk
      .slice(lineEnd + 1)
      .split(/\n\n+/)
      .map((part) => part.trim())
    const parts = body.filter((part) => part !== '' && !isOfTheTool(part))
    ;(blocks[id] ??= []).push(...withComments(parts))
  }
  return blocks
}

/** The same as one list, each block under its changeset. */
export function listStatements(output: string): readonly string[] {
  return Object.entries(splitByChangeset(output)).flatMap(([id, statements]) => [`[${id}]`, ...statements])
}

/** A comment stands with the statement below it, whatever came between them. */
function withComments(parts: readonly string[]): readonly string[] {
  const joined: string[] = []
  let comments = ''
  for (const part of parts) {
    if (part.split('\n').every((line) => line.startsWith('--'))) comments += `${part}\n`
    else {
      joined.push(comments + part)
      comments = ''
    }
  }
  return comments === '' ? joined : [...joined, comments.trimEnd()]
}

function isOfTheTool(statement: string): boolean {
  return /databasechangelog/i.test(statement) || /^-- +Release Database Lock/i.test(statement)
}

/**
 * Liquibase sets PostgreSQL's search path again and again (Sluice qualifies names), its comments for MySQL have two blanks, and it
 * warns of what Sluice knows better.
 */
function plainText(output: string): string {
  return output
    .replaceAll('\r\n', '\n')
    .replaceAll(/^SET SEARCH_PATH\b.*\n?/gm, '')
    .replaceAll(/^-- {2}/gm, '-- ')
    .replaceAll(/^-- WARNING The following SQL may change each run .*\n/gm, '')
}

/** Lines of a report that name changesets, `path::id::author`; what is said about them is left out. */
export function changesetLines(output: string): readonly string[] {
  return output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^\S.*::.+::.+$/.test(line))
}

/** Test databases have names of their own, which MariaDB's statements mention. */
export function withoutDatabase(text: string): string {
  return text.replaceAll(/`?\bt_\d+_[0-9a-f]{12}\b`?/g, '<database>')
}
