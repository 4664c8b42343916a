import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { RouterProvider } from 'react-router/dom'
import { queryClient, signedOutEvent } from './api/query-client.ts'
import { router } from './routes.tsx'
import { loginPath } from './session.ts'

globalThis.addEventListener(signedOutEvent, () => {
  const { pathname, search } = router.state.location
  if (pathname !== '/login') void router.navigate(loginPath(`${pathname}${search}`), { replace: true })
})

/** Puts the UI into the page. */
export function startApp(): void {
  createRoot(document.querySelector('#root') as HTMLElement).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  )
}
