import { dataPaths } from './data-folder.ts'
import type { DelegateContext, DelegateParts } from './delegate-parts.ts'
import { isDraining } from './drain-state.ts'
import { type Health, writeHealth } from './health.ts'
import { version } from './version.ts'

/**
 * `draining`: takes no more work. `revoked`: an administrator turned it off; its runners end and it reports them. `incompatible`: the
 * control plane does not speak this version's protocol.
 */
export type DelegateState = 'starting' | 'running' | 'draining' | 'revoked' | 'incompatible' | 'stopped'

/** How the delegate does, for people and probes. */
export interface Status {
  phase: 'starting' | 'running' | 'stopped'
  parts: DelegateParts | undefined
  readonly state: DelegateState
  health(): Health
  /** Writes the health file; a failure is logged. */
  save(): Promise<void>
  setConnected(isConnected: boolean): void
}

export function createStatus({ config, deps, drain, metrics, waiting }: DelegateContext): Status {
  const { logger } = deps
  const path = dataPaths(config.dir).health
  let connected = false
  let saving = Promise.resolve()
  const status: Status = {
    phase: 'starting',
    parts: undefined,
    get state() {
      if (status.phase !== 'running') return status.phase
      const standing = status.parts?.session.standing ?? 'ok'
      if (standing !== 'ok') return standing
      return isDraining(drain) ? 'draining' : 'running'
    },
    health: () => ({
      pid: process.pid,
      version,
      at: new Date(waiting.clock.now()).toISOString(),
      state: status.state,
      connected,
      attempts: status.parts?.attempts.count ?? 0,
      free: status.parts?.attempts.free ?? 0,
    }),
    save() {
      // One after another, and none once it has stopped: a write that was under way must not bring a removed file back.
      saving = saving.then(async () => {
        if (status.phase === 'stopped') return
        await writeHealth(path, status.health()).catch((error: unknown) => {
          logger.warn({ error }, 'The health file cannot be written.')
        })
      })
      return saving
    },
    setConnected(isConnected) {
      metrics.set('connected', isConnected ? 1 : 0)
      if (isConnected === connected) return
      connected = isConnected
      const { serverUrl } = config
      if (isConnected) logger.info({ serverUrl }, 'Connected.')
      else logger.warn({ serverUrl }, 'Lost the control plane; trying again.')
      if (status.phase === 'running') void status.save()
    },
  }
  return status
}
