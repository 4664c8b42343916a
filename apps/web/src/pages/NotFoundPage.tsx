import { Link, useLocation } from 'react-router'
import { PageHead } from '../components/PageHead.tsx'
import { paths } from '../paths.ts'
import { EmptyState } from '../ui/EmptyState.tsx'

export function NotFoundPage() {
  const { pathname } = useLocation()
  return (
    <>
      <PageHead title="Not found" />
      <EmptyState title={`There is no page at ${pathname}.`}>
        <Link to={paths.executions}>Go to the executions</Link>
      </EmptyState>
    </>
  )
}
