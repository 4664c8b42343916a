// Asks Liquibase for every answer that is missing (all of them with REFRESH_ORACLE=1): `node tests/conformance/record.ts [AREA…]`.
// The tests do the same for what they miss; this is for recording many at once, and needs nothing of Sluice but its test databases.
import { areas } from './areas/all.ts'
import { recordArea } from './framework/record-area.ts'
import { conformanceDatabases } from './framework/model.ts'
import { openWarmLiquibase } from './oracle/warm-liquibase.ts'

const wanted = process.argv.slice(2)
await using liquibase = openWarmLiquibase()
for (const area of areas) {
  if (wanted.length > 0 && !wanted.includes(area.area)) continue
  for (const database of conformanceDatabases) {
    const started = performance.now()
    const asked = await recordArea(area, database, liquibase)
    if (asked > 0)
      console.log(`${area.area} on ${database}: ${asked} answers in ${Math.round((performance.now() - started) / 1000)} s`)
  }
}
