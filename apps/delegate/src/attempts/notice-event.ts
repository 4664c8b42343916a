import type { AttemptEvent } from '@sluice/contract'
import type { PlaceNotice } from '@sluice/executor'
import type { LogMasks } from '../log-masks.ts'

/** A notice as the control plane is told of it. Clusters quote what they were given, so it is masked. */
export function noticeEvent(notice: PlaceNotice, masks: LogMasks): AttemptEvent {
  if (notice.type === 'waiting') {
    const what = masks.maskText(notice.what).slice(0, 4096)
    const { hint } = notice
    return { type: 'attempt.waiting', what, ...(hint === undefined ? {} : { hint: hint.slice(0, 4096) }) }
  }
  const events = notice.events.map((event) => ({ ...event, message: masks.maskText(event.message).slice(0, 4096) }))
  return { type: 'attempt.kubernetesEvents', events }
}
