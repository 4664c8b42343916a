import './setup.ts'
import './tokens.css'
import './base.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { RouterProvider } from 'react-router/dom'
import { queryClient, signedOutEvent } from './api/query-client.ts'
import { router } from './routes.tsx'
import { loginPath } from './session.ts'
import { applyStoredTheme } from './theme.ts'

applyStoredTheme()

globalThis.addEventListener(signedOutEvent, () => {
  const { pathname, search } = router.state.location
  if (pathname !== '/login') void router.navigate(loginPath(`${pathname}${search}`), { replace: true })
})

createRoot(document.querySelector('#root') as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
