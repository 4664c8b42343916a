import { uptime } from 'node:os'
import { machineBoot } from '@sluice/executor'
import type { JournalEntry } from './journal.ts'

/**
 * The machine's own clock of time since boot: it goes on while no delegate runs and takes no notice of changed wall clocks, so that a
 * deadline survives both.
 */
export interface UptimeClock {
  readonly machineBoot: string
  uptimeMs(): number
}

export const systemUptime: UptimeClock = { machineBoot: machineBoot(), uptimeMs: () => uptime() * 1000 }

export function deadlineIn(ms: number, clock: UptimeClock): NonNullable<JournalEntry['deadline']> {
  return { machineBoot: clock.machineBoot, uptimeMs: clock.uptimeMs() + ms }
}

/** How long an attempt is over its life's end; negative before it, undefined where no end is known. After a reboot every life is over. */
export function overdueMs(deadline: JournalEntry['deadline'], clock: UptimeClock): number | undefined {
  if (deadline === undefined) return undefined
  return deadline.machineBoot === clock.machineBoot ? clock.uptimeMs() - deadline.uptimeMs : clock.uptimeMs()
}
