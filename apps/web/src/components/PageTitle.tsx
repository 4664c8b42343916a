import { type ReactNode, useEffect, useRef } from 'react'
import { useLocation } from 'react-router'

/** The page that was shown last, and whether its title had taken the focus: a page may replace its title when its data arrives. */
let shown: { readonly path: string; readonly tookFocus: boolean } | undefined

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
    const isNew = shown !== undefined && shown.path !== pathname
    const wasReplaced = shown?.path === pathname && shown.tookFocus && document.activeElement === document.body
    if (isNew || wasReplaced) heading.current?.focus({ preventScroll: true })
    shown = { path: pathname, tookFocus: isNew || (shown?.path === pathname && shown.tookFocus) }
  }, [pathname])
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children ?? title}
    </h1>
  )
}
