import type { DatabaseBinding } from '@sluice/contract'
import { type FileTree, parseChangelog } from '@sluice/changelog'

/**
 * Parses the root changelog of a checkout for the database that the step works on; `dbms` is its product. Problems come back as diagnostics.
 */
export async function readChangelog(
  tree: FileTree,
  location: string,
  binding: DatabaseBinding,
  dbms: string,
): Promise<ReturnType<typeof parseChangelog>> {
  return parseChangelog(location, tree, { dbms, properties: binding.properties })
}
