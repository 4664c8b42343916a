import { test } from 'node:test'
import fc from 'fast-check'
import { openDatabase } from '@sluice/databases'
import { openTestDatabase, openTestMariadbDatabase } from '@sluice/testkit'
import type { Database } from '../database.ts'
import { testProducts } from '../testing/test-products.ts'
import { randomSchema } from './testing/random-schema.ts'
import { assertRoundTrip } from './testing/round-trip.ts'

const isThorough = process.env['SLUICE_REQUIRE_ALL'] === '1'
const runs = { postgresql: isThorough ? 30 : 6, mariadb: isThorough ? 20 : 4, sqlite: isThorough ? 200 : 25 }

/** An empty database, and how to be rid of it: there are two per run, too many to keep until the test's end. */
async function openEmpty(
  product: keyof typeof runs,
): Promise<{ readonly database: Database; readonly end: () => Promise<void> }> {
  if (product === 'sqlite') {
    const database = await openDatabase({ url: 'sqlite::memory:' })
    return { database, end: () => database.close() }
  }
  const home = await (product === 'mariadb' ? openTestMariadbDatabase() : openTestDatabase())
  const database = await openDatabase({ url: home.url })
  return {
    database,
    end: async () => {
      await database.close()
      await home.drop()
    },
  }
}

for (const product of testProducts) {
  test(`random schemas of ${product.name} survive being written and applied`, { skip: product.skip }, async () => {
    await fc.assert(
      fc.asyncProperty(randomSchema(product.name), fc.constantFrom('sql', 'yaml', 'json', 'xml'), async (statements, format) => {
        const source = await openEmpty(product.name)
        const empty = await openEmpty(product.name)
        try {
          for (const statement of statements) await source.database.execute(statement)
          await assertRoundTrip(source.database, empty.database, { format })
        } finally {
          await source.end()
          await empty.end()
        }
      }),
      { numRuns: runs[product.name] },
    )
  })
}
