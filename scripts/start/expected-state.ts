import { openDatabase } from '@sluice/databases'
import { readHistory, readStatus } from '@sluice/engine'
import { parseChangelog } from '@sluice/changelog'
import { createFolderTree } from '@sluice/sources'
import type { ReleasedDatabase } from './choose-release.ts'
import type { ExampleDatabase } from './example-databases.ts'

export interface DatabaseState extends ReleasedDatabase {
  readonly port: number
  readonly applied: number
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
        const tags = (await readHistory({ database })).flatMap(({ tag }) => (tag === null ? [] : [tag]))
        const { isUpToDate, applied, lastTag } = status
        return { name, port, isUpToDate, applied, lastTag, tags }
      } finally {
        await database.close()
      }
    }),
  )
}
