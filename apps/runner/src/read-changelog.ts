import type { DatabaseBinding } from '@sluice/contract'
import { type DatabaseFacts, type FileTree, parseChangelog } from '@sluice/changelog'

/**
 * Parses the root changelog of a checkout for the database that the step works on; `dbms` is its product, and `facts` is what the
 * connection tells for `${database.…}`, once there is one. Problems come back as diagnostics.
 */
export async function readChangelog(
  tree: FileTree,
  location: string,
  binding: DatabaseBinding,
  dbms: string,
  facts?: DatabaseFacts,
): Promise<ReturnType<typeof parseChangelog>> {
  return parseChangelog(location, tree, { dbms, properties: binding.properties, databaseFacts: facts })
}
