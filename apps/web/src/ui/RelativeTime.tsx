import { formatExact, formatRelative } from '../format/relative-time.ts'
import { useNow } from './use-now.ts'

/** A moment as a distance from now, exact on hover. */
export function RelativeTime({ at }: { at: string }) {
  const now = useNow(5_000)
  return (
    <time dateTime={at} title={formatExact(at)}>
      {formatRelative(at, now)}
    </time>
  )
}
