import { createBrowserRouter, redirect } from 'react-router'
import { AppError } from './components/AppError.tsx'
import { Shell } from './components/Shell.tsx'
import { Loading } from './ui/Loading.tsx'
import { paths } from './paths.ts'
import { requireSession } from './session.ts'

/** All pages. Each is a file of its own that loads when it is first opened. */
export const router = createBrowserRouter([
  {
    ErrorBoundary: AppError,
    HydrateFallback: () => <Loading what="Sluice" />,
    children: [
      {
        path: paths.login,
        lazy: async () => {
          const { LoginPage, loginLoader } = await import('./pages/LoginPage.tsx')
          return { Component: LoginPage, loader: loginLoader }
        },
      },
      {
        Component: Shell,
        loader: requireSession,
        // Once per visit: that a session has ended shows in the next call anyway.
        shouldRevalidate: () => false,
        children: [
          {
            ErrorBoundary: AppError,
            children: [
              { index: true, loader: () => redirect(paths.executions) },
              {
                path: paths.executions,
                lazy: async () => ({ Component: (await import('./pages/ExecutionsPage.tsx')).ExecutionsPage }),
              },
              {
                path: '/executions/:executionId',
                lazy: async () => ({ Component: (await import('./pages/ExecutionPage.tsx')).ExecutionPage }),
              },
              {
                path: paths.delegates,
                lazy: async () => ({ Component: (await import('./pages/DelegatesPage.tsx')).DelegatesPage }),
              },
              {
                path: paths.targets,
                lazy: async () => ({ Component: (await import('./pages/TargetsPage.tsx')).TargetsPage }),
              },
              { path: '*', lazy: async () => ({ Component: (await import('./pages/NotFoundPage.tsx')).NotFoundPage }) },
            ],
          },
        ],
      },
    ],
  },
])
