import type { StreamStatus } from '../api/follow-events.ts'
import { Badge } from '../ui/Badge.tsx'

/** Whether the page follows the server by itself. */
export function LiveMark({ status }: { status: StreamStatus }) {
  if (status === 'open') {
    return (
      <Badge tone="success" icon="dot" plain title="Changes appear by themselves.">
        Live
      </Badge>
    )
  }
  if (status === 'lost' || status === 'refused') {
    return (
      <Badge tone="warning" icon="clock" plain title="No event stream: the page asks every few seconds instead.">
        Not live
      </Badge>
    )
  }
  return null
}
