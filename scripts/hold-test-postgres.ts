// Keeps the shared test PostgreSQL running while several test processes come and go. Ends with SIGTERM, and the server with it when
// nobody else uses it.
import { openTestPostgres } from '@sluice/testkit'

await openTestPostgres()
process.on('SIGTERM', () => process.exit(0))
process.on('SIGINT', () => process.exit(0))
console.log('ready')
setInterval(() => {}, 60_000)
