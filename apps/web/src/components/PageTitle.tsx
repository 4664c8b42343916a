import { type ReactNode, useEffect, useRef } from 'react'
import { useLocation } from 'react-router'

let shownPath: string | undefined

/**
 * The page's one `<h1>`, also the document's title. After a change of page it takes the focus, so that keyboard and screen reader go on
 * from there; the first page of a visit leaves the focus alone.
 */
export function PageTitle({ title, children }: { title: string; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  const { pathname } = useLocation()
  useEffect(() => {
    document.title = title === 'Sluice' ? title : `${title} · Sluice`
  }, [title])
  useEffect(() => {
    if (shownPath !== undefined && shownPath !== pathname) heading.current?.focus({ preventScroll: true })
    shownPath = pathname
  }, [pathname])
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children ?? title}
    </h1>
  )
}
