import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { isUnauthenticated, isUnreachable } from './call-errors.ts'
import { createConnection } from './connection.ts'

export const connection = createConnection()

/** Fired on `window` when the server no longer knows the session. */
export const signedOutEvent = 'sluice:signed-out'

function noteError(error: unknown): void {
  if (isUnauthenticated(error)) globalThis.dispatchEvent(new Event(signedOutEvent))
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError(error) {
      noteError(error)
      if (isUnreachable(error)) connection.report('calls', false)
    },
    onSuccess: () => connection.report('calls', true),
  }),
  mutationCache: new MutationCache({ onError: noteError }),
  defaultOptions: {
    queries: {
      // An answer of the server is final; silence is asked about again.
      retry: (failures, error) => isUnreachable(error) && failures < 1,
      retryDelay: 600,
      staleTime: 2_000,
      // The server is often on the same machine or network: the browser's idea of "offline" is beside the point.
      networkMode: 'always',
    },
    mutations: { retry: false, networkMode: 'always' },
  },
})

globalThis.addEventListener('online', () => {
  connection.retryNow()
})

/** Asks for everything on the page again, at once. */
export function retryNow(): void {
  connection.retryNow()
  void queryClient.refetchQueries({ type: 'active' })
}
