import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createToken, type Logger } from '@sluice/base'
import { ensureDefaultScopes, findApiKey, insertFirstApiKey, type Store } from '@sluice/store'

/**
 * What an empty installation gets: the `default` organization with its `default` project, and the first administrator's key, written to
 * a file that only its owner reads. The file is written first: a key that nobody can read would lock everybody out.
 */
export async function prepareFirstStart(store: Store, adminKeyFile: string, logger: Logger): Promise<void> {
  await ensureDefaultScopes(store.db)
  const existing = await store.db.selectFrom('api_keys').select('id').limit(1).executeTakeFirst()
  if (existing !== undefined) return
  const token = (await readKeyFile(adminKeyFile)) ?? `slk_${createToken()}`
  await mkdir(dirname(adminKeyFile), { recursive: true, mode: 0o700 })
  const temporary = `${adminKeyFile}.${String(process.pid)}`
  await writeFile(temporary, `${token}\n`, { mode: 0o600 })
  await rename(temporary, adminKeyFile)
  const input = { name: 'admin', role: 'admin', org: '', project: '', createdBy: 'first start', expiresAt: null } as const
  if (await insertFirstApiKey(store.db, token, input)) {
    logger.info({ file: adminKeyFile }, "the first administrator's key was written")
  } else if ((await findApiKey(store.db, token)) === undefined) {
    // Another server was faster, with a key of its own: ours opens nothing.
    await rm(adminKeyFile, { force: true })
  }
}

/** A key that an earlier start wrote and then did not come to store. */
async function readKeyFile(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return /^slk_[\w-]{43}$/.test(text.trim()) ? text.trim() : undefined
}
