import type { DatabaseBinding } from '@sluice/contract'
import { type FileTree, parseChangelog } from '@sluice/changelog'

/** Parses the root changelog of a checkout for the database that the step works on. Problems come back as diagnostics. */
export async function readChangelog(
  tree: FileTree,
  location: string,
  binding: DatabaseBinding,
): Promise<ReturnType<typeof parseChangelog>> {
  const dbms = binding.targetKey.slice(0, binding.targetKey.indexOf(':'))
  return parseChangelog(location, tree, { dbms, properties: binding.properties })
}
