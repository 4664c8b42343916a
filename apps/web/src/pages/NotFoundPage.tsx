import { Link, useLocation } from 'react-router'
import { PageTitle } from '../components/PageTitle.tsx'
import { paths } from '../paths.ts'
import { EmptyState } from '../ui/EmptyState.tsx'

export function NotFoundPage() {
  const { pathname } = useLocation()
  return (
    <EmptyState title={`There is no page at ${pathname}.`}>
      <PageTitle title="Not found" />
      <p>
        <Link to={paths.executions}>Go to the executions</Link>
      </p>
    </EmptyState>
  )
}
