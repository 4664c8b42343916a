import { operationEndpoints } from '@sluice/contract'
import { onlineManager } from '@tanstack/react-query'
import { redirect } from 'react-router'
import { isUnauthenticated } from './api/call-errors.ts'
import { api } from './api/client.ts'
import { whoamiQuery } from './api/execution-queries.ts'
import { queryClient } from './api/query-client.ts'
import { paths } from './paths.ts'

/** The login page, with the way back. */
export function loginPath(next: string): string {
  return next === '/' || next === paths.executions ? paths.login : `${paths.login}?next=${encodeURIComponent(next)}`
}

/** The page to go to after a login: one of ours, never another site. */
export function nextPath(search: URLSearchParams): string {
  const next = search.get('next') ?? ''
  return /^\/(?![/\\])/.test(next) ? next : paths.executions
}

/** Loader of every page behind the login. */
export async function requireSession({ request }: { request: Request }): Promise<Response | null> {
  try {
    await queryClient.ensureQueryData({ ...whoamiQuery(), staleTime: Number.POSITIVE_INFINITY })
    return null
  } catch (error) {
    if (!isUnauthenticated(error)) throw error
    const { pathname, search } = new URL(request.url)
    return redirect(loginPath(`${pathname}${search}`))
  }
}

/** Opens a session. What another one saw is forgotten. */
export async function signIn(credentials: { apiKey: string } | { code: string }): Promise<void> {
  await api.call(operationEndpoints.login, { body: credentials })
  queryClient.clear()
}

/**
 * Ends the session. `leave` goes to the login: only then is everything forgotten, or the page that is still there would ask again. Until
 * then nothing is asked: it would be refused.
 */
export async function signOut(leave: () => void | Promise<void>): Promise<void> {
  onlineManager.setOnline(false)
  try {
    await queryClient.cancelQueries()
    await api.call(operationEndpoints.logout)
    await leave()
    queryClient.clear()
  } finally {
    onlineManager.setOnline(true)
  }
}
