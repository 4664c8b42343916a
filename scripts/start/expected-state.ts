import { openDatabase } from '@sluice/databases'
import { readStatus } from '@sluice/engine'
import { parseChangelog } from '@sluice/changelog'
import { createFolderTree } from '@sluice/sources'
import type { ExampleDatabase } from './example-databases.ts'

export interface DatabaseState {
  readonly name: string
  readonly port: number
  readonly isUpToDate: boolean
  readonly applied: number
  readonly lastTag: string | null
}

/** What each example database really holds, asked of the database itself and not of the control plane. */
export async function readDatabaseStates(
  databases: readonly ExampleDatabase[],
  repositoryDir: string,
): Promise<readonly DatabaseState[]> {
  const { changelog } = parseChangelog('db/changelog.yaml', createFolderTree(repositoryDir), { dbms: 'postgresql' })
  if (changelog === undefined) return []
  return Promise.all(
    databases.map(async ({ name, port, server }) => {
      const database = await openDatabase({ url: server.url })
      try {
        const status = await readStatus({ database, changelog, options: { contexts: [name] } })
        return { name, port, isUpToDate: status.isUpToDate, applied: status.applied, lastTag: status.lastTag }
      } finally {
        await database.close()
      }
    }),
  )
}
