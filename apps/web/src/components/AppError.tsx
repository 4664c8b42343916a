import { isRouteErrorResponse, useRouteError } from 'react-router'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { PageTitle } from './PageTitle.tsx'

/** Instead of a page that could not be shown at all. */
export function AppError() {
  const error = useRouteError()
  const shown = isRouteErrorResponse(error) ? new Error(`${String(error.status)} ${error.statusText}`) : error
  return (
    <main style={{ display: 'grid', gap: 'var(--space-4)', maxWidth: '44rem', margin: '0 auto', padding: 'var(--space-6)' }}>
      <PageTitle title="This page cannot be shown" />
      <ErrorPanel error={shown} onRetry={() => globalThis.location.reload()} />
    </main>
  )
}
