import { createHttpClient } from '@sluice/client'

/** The server that this page came from; the session is a cookie that scripts cannot read. */
export const api = createHttpClient({ baseUrl: globalThis.location.origin })
