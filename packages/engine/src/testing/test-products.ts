import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openDatabase } from '@sluice/databases'
import { openTempDir, openTestDatabase, openTestMariadbDatabase, skipWithoutMariadb } from '@sluice/testkit'
import type { Database } from '../database.ts'

/** A database product that a shared suite runs on. */
export interface TestProduct {
  readonly name: 'postgresql' | 'mariadb' | 'sqlite'
  readonly skip: false | string
  /** The URL of an empty database, gone with the test. */
  readonly openUrl: (t: TestContext) => Promise<string>
}

/** What the engine is tested on, each against the real thing. */
export const testProducts: readonly TestProduct[] = [
  { name: 'postgresql', skip: false, openUrl: async (t) => (await openTestDatabase(t)).url },
  { name: 'mariadb', skip: skipWithoutMariadb(), openUrl: async (t) => (await openTestMariadbDatabase(t)).url },
  { name: 'sqlite', skip: false, openUrl: openSqliteUrl },
]

async function openSqliteUrl(t: TestContext): Promise<string> {
  const folder = await openTempDir()
  t.after(() => folder[Symbol.asyncDispose]())
  return `sqlite:${join(folder.path, 'test.db')}`
}

/** A session on a URL, closed with the test. */
export async function openSession(t: TestContext, url: string): Promise<Database> {
  const database = await openDatabase({ url, applicationName: 'sluice:test' })
  t.after(() => database.close())
  return database
}
