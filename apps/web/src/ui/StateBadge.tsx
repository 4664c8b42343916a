import { stateLooks } from '../execution/state-look.ts'
import { Badge } from './Badge.tsx'

/** The state of an execution or of a node of its graph. */
export function StateBadge({ state, plain = false }: { state: keyof typeof stateLooks; plain?: boolean }) {
  const { label, tone, icon } = stateLooks[state]
  return (
    <Badge tone={tone} icon={icon} plain={plain}>
      {label}
    </Badge>
  )
}
