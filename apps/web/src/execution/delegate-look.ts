import type { DelegateView } from '@sluice/contract'
import type { IconName } from '../ui/Icon.tsx'
import type { Tone } from './state-look.ts'

/** Looks of a delegate's health, and of its instances'. */
export const delegateHealthLooks: Readonly<Record<DelegateView['health'], { label: string; tone: Tone; icon: IconName }>> = {
  connected: { label: 'Connected', tone: 'success', icon: 'check' },
  late: { label: 'Late', tone: 'warning', icon: 'clock' },
  disconnected: { label: 'Disconnected', tone: 'failure', icon: 'cross' },
  revoked: { label: 'Revoked', tone: 'neutral', icon: 'slash' },
}
