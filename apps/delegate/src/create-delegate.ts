import { AppError } from '@sluice/base'
import { protocolEndpoints } from '@sluice/contract'
import type { DelegateConfig } from './config.ts'
import { dataPaths, lockDataFolder } from './data-folder.ts'
import { type DelegateContext, type DelegateDeps, type DelegateParts, assembleParts, createContext } from './delegate-parts.ts'
import { removeHealth } from './health.ts'
import { runHeartbeatLoop, sendHeartbeat } from './loops/heartbeat-loop.ts'
import { type LoopOptions, runPollLoop } from './loops/poll-loop.ts'
import { runSweepLoop } from './loops/sweep-loop.ts'
import { serveMetrics } from './metrics-server.ts'
import { type DelegateState, type Status, createStatus } from './status.ts'

export type { DelegateDeps } from './delegate-parts.ts'
export type { DelegateState } from './status.ts'

export interface Delegate {
  /**
   * Locks the data folder, adopts what an earlier process left, enrols if needed, and begins to work; returns then. Throws `AppError`
   * when it cannot, in which case nothing is left running.
   */
  start(): Promise<void>
  /**
   * Ends the work of this process. Runners go on. With `drain`, what was taken and has no runner yet is handed back first, and what is
   * to be reported is given a moment.
   */
  stop(options?: { readonly drain?: boolean | undefined }): Promise<void>
  readonly state: DelegateState
  /** Where the metrics are served; 0 without. */
  readonly metricsPort: number
}

export function createDelegate(config: DelegateConfig, deps: DelegateDeps): Delegate {
  const { logger } = deps
  const loops = new AbortController()
  const all = new AbortController()
  const context = createContext(config, deps, all.signal)
  const status = createStatus(context)
  const cleanups: (() => Promise<void> | void)[] = []
  let background: Promise<unknown> = Promise.resolve()
  let metricsPort = 0

  const cleanUp = async (): Promise<void> => {
    for (const undo of cleanups.splice(0).toReversed()) {
      try {
        await undo()
      } catch (error) {
        logger.warn({ error }, 'Something could not be put away.')
      }
    }
  }

  const begin = async (): Promise<void> => {
    cleanups.push(await lockDataFolder(config.dir))
    const parts = await assembleParts(context)
    const { session, attempts, relay, upstream, kubernetes } = parts
    status.parts = parts
    cleanups.push(() => upstream.close())
    if (kubernetes !== undefined) cleanups.push(() => kubernetes.close())
    tellStanding(parts, status, context)
    // Runners of an earlier process wait for the relay, whatever else becomes of this start.
    const knowsItself = session.identity.enrolment !== undefined
    if (knowsItself) await attempts.adopt()
    await relay.listen()
    cleanups.push(() => relay.close())
    if (config.metrics !== undefined) {
      const served = await serveMetrics(config.metrics, context.metrics, () => status.health())
      metricsPort = served.port
      cleanups.push(() => served.close())
    }
    await session.enrol(loops.signal)
    // A new pod has its keys from Secrets and an empty folder: whose runners to look for the control plane has told it only now.
    if (!knowsItself) await attempts.adopt()
    const loop = loopOptions(parts, context, status, loops.signal)
    status.phase = 'running'
    await status.save()
    background = Promise.all([runHeartbeatLoop(loop), runPollLoop(loop), runSweepLoop(loop, () => status.save())])
    const { instanceId, serverUrl: enrolledAt } = session.identity.enrolment ?? {}
    if (enrolledAt !== config.serverUrl) {
      logger.warn({ enrolledAt, serverUrl: config.serverUrl }, 'The control plane has another address than at the enrolment.')
    }
    logger.info({ bootId: context.bootId, instanceId, relay: config.relaySocket }, 'The delegate works.')
  }

  return {
    async start() {
      try {
        await begin()
      } catch (error) {
        loops.abort(error)
        all.abort(error)
        status.phase = 'stopped'
        await cleanUp()
        throw error
      }
    },

    async stop({ drain = false } = {}) {
      if (status.phase === 'stopped') return
      const { parts } = status
      context.drain.byUs = true
      const reason = new AppError('canceled', 'DELEGATE_STOPPED', 'The delegate stops.')
      loops.abort(reason)
      if (drain && parts !== undefined && status.phase === 'running') {
        await status.save()
        await handBack(parts, context)
        await sayGoodbye(parts, context, status)
      }
      all.abort(reason)
      await background.catch(() => {})
      status.phase = 'stopped'
      await status.save()
      await removeHealth(dataPaths(config.dir).health).catch(() => {})
      await cleanUp()
      logger.info({ attemptsLeft: parts?.attempts.count ?? 0 }, 'The delegate has stopped.')
    },

    get state() {
      return status.state
    },
    get metricsPort() {
      return metricsPort
    },
  }
}

function loopOptions(parts: DelegateParts, context: DelegateContext, status: Status, signal: AbortSignal): LoopOptions {
  const { session, attempts } = parts
  const { bootId, waiting, metrics, drain, deps } = context
  const onConnected = (isConnected: boolean): void => {
    status.setConnected(isConnected)
  }
  return { session, attempts, bootId, waiting, logger: deps.logger, metrics, signal, drain, onConnected }
}

function tellStanding({ session }: DelegateParts, status: Status, { deps: { logger } }: DelegateContext): void {
  session.onStanding = (standing, error) => {
    if (standing === 'ok') logger.info({}, 'The control plane accepts this delegate again.')
    else logger.error({ standing, error }, 'The control plane refuses this delegate: it takes no more work. Its runners go on.')
    if (status.phase === 'running') void status.save()
  }
}

async function handBack({ attempts }: DelegateParts, { waiting, stop }: DelegateContext): Promise<void> {
  const done = new AbortController()
  // Bounded: a server that is away must not keep this process. What is not handed back is given back at the next start.
  const bound = waiting.clock.sleep(Math.max(1000, waiting.timings.offerMs), AbortSignal.any([stop, done.signal])).catch(() => {})
  await Promise.race([attempts.handBack('The delegate takes no more work.'), bound])
  done.abort()
}

/** Last words to the control plane, bounded too. */
async function sayGoodbye(parts: DelegateParts, context: DelegateContext, status: Status): Promise<void> {
  const { waiting, bootId, deps } = context
  const signal = AbortSignal.timeout(Math.max(500, waiting.timings.heartbeatMs / 2))
  try {
    await sendHeartbeat(loopOptions(parts, context, status, signal))
    // With runners left this instance goes on, in another process.
    if (parts.attempts.count === 0) await parts.session.call(protocolEndpoints.deregister, { body: { bootId }, signal })
  } catch (error) {
    deps.logger.debug({ error }, 'The control plane was not told of the stop.')
  }
}
