import { formatDuration, formatTicking } from '../format/duration.ts'
import { useNow } from './use-now.ts'

/** How long something took or, while it has no end, takes: then it ticks. */
export function Duration({ from, to }: { from: string; to?: string | undefined }) {
  const now = useNow(to === undefined ? 1000 : undefined)
  return (
    <span style={{ fontVariantNumeric: 'tabular-nums' }}>
      {to === undefined ? formatTicking(now - Date.parse(from)) : formatDuration(Date.parse(to) - Date.parse(from))}
    </span>
  )
}
