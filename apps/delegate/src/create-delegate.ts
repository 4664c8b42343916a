import { AppError, type Clock, type Logger, createId, systemClock } from '@sluice/base'
import { protocolEndpoints } from '@sluice/contract'
import { type Executor, createProcessExecutor, makeFolder } from '@sluice/executor'
import { type Attempts, createAttempts } from './attempts/attempts.ts'
import { type UptimeClock, systemUptime } from './attempts/deadline.ts'
import { createJournal } from './attempts/journal.ts'
import { createSecretGuard, loadPolicy } from './attempts/secret-guard.ts'
import type { TaskGuard } from './attempts/task-guard.ts'
import type { DelegateConfig } from './config.ts'
import { dataPaths, lockDataFolder } from './data-folder.ts'
import { type DrainState, isDraining } from './drain-state.ts'
import { removeHealth, writeHealth } from './health.ts'
import { openIdentity } from './identity.ts'
import type { LogMasks } from './log-masks.ts'
import { runHeartbeatLoop, sendHeartbeat } from './loops/heartbeat-loop.ts'
import { type LoopOptions, runPollLoop } from './loops/poll-loop.ts'
import { createMetrics } from './metrics.ts'
import { serveMetrics } from './metrics-server.ts'
import { createRelay } from './relay/relay.ts'
import type { Waiting } from './retry.ts'
import { type Session, createSession } from './session.ts'
import { createUpstream } from './upstream.ts'
import { version } from './version.ts'

/**
 * `draining`: takes no more work. `revoked`: an administrator turned it off; its runners end and it reports them. `incompatible`: the
 * control plane does not speak this version's protocol.
 */
export type DelegateState = 'starting' | 'running' | 'draining' | 'revoked' | 'incompatible' | 'stopped'

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

export interface DelegateDeps {
  readonly logger: Logger
  readonly masks: LogMasks
  /** For `env:` secrets. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock?: Clock | undefined
  readonly uptime?: UptimeClock | undefined
  readonly executor?: Executor | undefined
  readonly guard?: TaskGuard | undefined
  readonly random?: (() => number) | undefined
  /** For tests: told at named points of an attempt's life. */
  readonly at?: ((point: string) => void) | undefined
}

export function createDelegate(config: DelegateConfig, deps: DelegateDeps): Delegate {
  const { logger, masks } = deps
  const { timings } = config
  const waiting: Waiting = { clock: deps.clock ?? systemClock, timings, random: deps.random }
  const bootId = createId('boot')
  const paths = dataPaths(config.dir)
  const metrics = createMetrics()
  const drain: DrainState = { byServer: false, byUs: false }
  const loops = new AbortController()
  const all = new AbortController()
  const cleanups: (() => Promise<void> | void)[] = []
  let phase: 'starting' | 'running' | 'stopped' = 'starting'
  let session: Session | undefined
  let attempts: Attempts | undefined
  let background: Promise<unknown> = Promise.resolve()
  let connected = false
  let metricsPort = 0

  const stateNow = (): DelegateState => {
    if (phase !== 'running') return phase
    if (session !== undefined && session.standing !== 'ok') return session.standing
    return isDraining(drain) ? 'draining' : 'running'
  }
  const healthNow = (): Parameters<typeof writeHealth>[1] => ({
    pid: process.pid,
    version,
    at: new Date(waiting.clock.now()).toISOString(),
    state: stateNow(),
    connected,
    attempts: attempts?.count ?? 0,
    free: attempts?.free ?? 0,
  })
  const saveHealth = (): Promise<void> =>
    writeHealth(paths.health, healthNow()).catch((error: unknown) => {
      logger.warn({ error }, 'The health file cannot be written.')
    })
  const onConnected = (isConnected: boolean): void => {
    metrics.set('connected', isConnected ? 1 : 0)
    if (isConnected === connected) return
    connected = isConnected
    logger[isConnected ? 'info' : 'warn'](
      { serverUrl: config.serverUrl },
      isConnected ? 'Connected.' : 'Lost the control plane; trying again.',
    )
    void saveHealth()
  }

  const cleanUp = async (): Promise<void> => {
    for (const undo of cleanups.splice(0).toReversed()) {
      try {
        await undo()
      } catch (error) {
        logger.warn({ error }, 'Something could not be put away.')
      }
    }
  }

  const runSweeper = async (): Promise<void> => {
    while (!loops.signal.aborted) {
      await waiting.clock.sleep(timings.sweepEveryMs, loops.signal).catch(() => {})
      if (loops.signal.aborted) return
      await attempts?.sweep().catch((error: unknown) => {
        logger.error({ error }, 'Sweeping failed.')
      })
      await saveHealth()
    }
  }

  const begin = async (): Promise<void> => {
    cleanups.push(await lockDataFolder(config.dir))
    await makeFolder(paths.attempts)
    await makeFolder(paths.cache)
    const policy = await loadPolicy(config.policyFile)
    const upstream = createUpstream(config)
    cleanups.push(() => upstream.close())
    const identity = await openIdentity(paths.identity)
    session = createSession({ config, identity, upstream, waiting, logger })
    session.onStanding = (standing, error) => {
      if (standing === 'ok') logger.info({}, 'The control plane accepts this delegate again.')
      else logger.error({ standing, error }, 'The control plane refuses this delegate: it takes no more work. Its runners go on.')
      void saveHealth()
    }
    const executor =
      deps.executor ??
      createProcessExecutor({
        dir: paths.attempts,
        runnerEntry: config.runnerEntry,
        nodeArguments: ['--disable-warning=ExperimentalWarning'],
        environment: { ...config.runnerEnvironment, NODE_COMPILE_CACHE: paths.cache },
      })
    attempts = createAttempts({
      executor,
      guard: deps.guard ?? createSecretGuard({ policy, keyPairs: [identity.sealKeyPair], environment: deps.environment }),
      journal: createJournal(paths.journal),
      session,
      waiting,
      logger,
      masks,
      metrics,
      uptime: deps.uptime ?? systemUptime,
      bootId,
      capacity: Math.min(config.capacity, policy.maxAttempts ?? config.capacity),
      drain,
      relay: `unix:${config.relaySocket}`,
      attemptsDir: paths.attempts,
      stop: all.signal,
      at: deps.at,
    })
    metrics.set('capacity', config.capacity)
    const known = attempts
    const relay = createRelay({
      socketPath: config.relaySocket,
      serverUrl: config.serverUrl,
      upstream,
      isKnown: (attemptId) => known.isKnown(attemptId),
      onCompleted: (attemptId) => {
        known.completed(attemptId)
      },
      metrics,
      logger,
      timings,
    })
    // Runners of an earlier process wait for the relay, whatever else becomes of this start.
    await attempts.adopt()
    await relay.listen()
    cleanups.push(() => relay.close())
    if (config.metrics !== undefined) {
      const served = await serveMetrics(config.metrics, metrics, healthNow)
      metricsPort = served.port
      cleanups.push(() => served.close())
    }
    await session.enrol(loops.signal)
    if (identity.enrolment !== undefined && identity.enrolment.serverUrl !== config.serverUrl) {
      logger.warn(
        { enrolledAt: identity.enrolment.serverUrl, serverUrl: config.serverUrl },
        'The control plane has another address than the one this delegate enrolled at.',
      )
    }
    const loop: LoopOptions = { session, attempts, bootId, waiting, logger, metrics, signal: loops.signal, drain, onConnected }
    phase = 'running'
    await saveHealth()
    background = Promise.all([runHeartbeatLoop(loop), runPollLoop(loop), runSweeper()])
    logger.info(
      { bootId, instanceId: session.identity.enrolment?.instanceId, relay: config.relaySocket, capacity: config.capacity },
      'The delegate works.',
    )
  }

  /** Last words to the control plane, bounded: a server that is away must not keep this process. */
  const sayGoodbye = async (current: Session, held: Attempts): Promise<void> => {
    const signal = AbortSignal.timeout(Math.max(500, timings.heartbeatMs / 2))
    const loop: LoopOptions = {
      session: current,
      attempts: held,
      bootId,
      waiting,
      logger,
      metrics,
      signal,
      drain,
      onConnected: () => {},
    }
    try {
      await sendHeartbeat(loop)
      // With runners left this instance goes on, in another process.
      if (held.count === 0) await current.call(protocolEndpoints.deregister, { body: { bootId }, signal })
    } catch (error) {
      logger.debug({ error }, 'The control plane was not told of the stop.')
    }
  }

  return {
    async start() {
      try {
        await begin()
      } catch (error) {
        loops.abort(error)
        all.abort(error)
        phase = 'stopped'
        await cleanUp()
        throw error
      }
    },

    async stop({ drain: isDrain = false } = {}) {
      if (phase === 'stopped') return
      const wasRunning = phase === 'running'
      drain.byUs = true
      const reason = new AppError('canceled', 'DELEGATE_STOPPED', 'The delegate stops.')
      loops.abort(reason)
      if (wasRunning && isDrain && attempts !== undefined && session !== undefined) {
        await saveHealth()
        const bound = waiting.clock.sleep(Math.max(1000, timings.offerMs), all.signal).catch(() => {})
        await Promise.race([attempts.handBack('The delegate takes no more work.'), bound])
        await sayGoodbye(session, attempts)
      }
      all.abort(reason)
      await background.catch(() => {})
      phase = 'stopped'
      await removeHealth(paths.health).catch(() => {})
      await cleanUp()
      logger.info({ attemptsLeft: attempts?.count ?? 0 }, 'The delegate has stopped.')
    },

    get state() {
      return stateNow()
    },
    get metricsPort() {
      return metricsPort
    },
  }
}
