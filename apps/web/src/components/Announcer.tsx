import { useEffect, useRef, useState } from 'react'

/**
 * Tells screen readers what changed: the texts of items whose text is another one than before. Nothing is said of what is new or was
 * there from the start.
 */
export function Announcer({ items }: { items: readonly { readonly id: string; readonly text: string }[] }) {
  const known = useRef<ReadonlyMap<string, string> | undefined>(undefined)
  const [said, setSaid] = useState('')
  useEffect(() => {
    const before = known.current
    known.current = new Map(items.map(({ id, text }) => [id, text]))
    if (before === undefined) return
    const changed = items.filter(({ id, text }) => before.has(id) && before.get(id) !== text)
    if (changed.length > 0) setSaid(changed.map(({ text }) => text).join('. '))
  }, [items])
  return (
    <div className="visually-hidden" aria-live="polite">
      {said}
    </div>
  )
}
