// Keeps the shared test servers running while several test processes come and go. Ends with SIGTERM, and the servers with it when
// nobody else uses them.
import { openTestMariadb, openTestPostgres, skipWithoutMariadb } from '@sluice/testkit'

await openTestPostgres()
if (skipWithoutMariadb() === false) await openTestMariadb()
process.on('SIGTERM', () => process.exit(0))
process.on('SIGINT', () => process.exit(0))
console.log('ready')
setInterval(() => {}, 60_000)
