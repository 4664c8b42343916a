import type { Database } from '../database.ts'
import type { SchemaFacts } from '../dialect.ts'

/** Facts for a plan, where the database's dialect needs any: its catalogue as it is now. Reads only. */
export async function openSchemaFacts(database: Database): Promise<SchemaFacts | undefined> {
  const { openFacts, catalogueTexts } = database.dialect
  if (openFacts === undefined) return undefined
  if (catalogueTexts === undefined) return openFacts([])
  const { rows } = await database.query(catalogueTexts)
  return openFacts(rows.map(([text]) => String(text)))
}
