import { rm } from 'node:fs/promises'
import { writeFileAtomic } from '@sluice/executor'

/** What a probe or a person reads to see how a delegate does. */
export interface Health {
  readonly pid: number
  readonly version: string
  /** Wall clock, RFC 3339. A reader calls a file that is older than a few heartbeats stale. */
  readonly at: string
  readonly state: string
  /** Whether the last call to the control plane was answered. */
  readonly connected: boolean
  readonly attempts: number
  readonly free: number
}

/** Writes the health file; a failure is the caller's to log. */
export async function writeHealth(path: string, health: Health): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(health)}\n`)
}

export async function removeHealth(path: string): Promise<void> {
  await rm(path, { force: true })
}
