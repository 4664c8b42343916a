import { config } from 'zod'

// Zod compiles its checks with `new Function` unless told not to, which the page's content security policy forbids. Imported before
// everything that makes a schema.
config({ jitless: true })
