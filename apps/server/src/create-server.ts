import type { AddressInfo } from 'node:net'
import { AppError, type Clock, type Logger, systemClock } from '@sluice/base'
import { createNotifications } from '@sluice/store'
import { createAuthenticator } from './access/authenticate.ts'
import type { App } from './app-context.ts'
import type { ServerConfig } from './config.ts'
import { registerDocs } from './docs/register-docs.ts'
import type { ExecutionControl } from './executions/execution-control.ts'
import { prepareFirstStart } from './first-start.ts'
import { closeFastify, countInFlight } from './http/close-fastify.ts'
import { createFastify } from './http/create-fastify.ts'
import { openDatabase, type OpenedDatabase } from './open-database.ts'
import { createExecutionControl, createOrchestrator } from './orchestration/index.ts'
import { createInstanceMemory } from './protocol/instance-memory.ts'
import { registerProtocol } from './protocol/register-protocol.ts'
import { registerPublicApi } from './register-public-api.ts'
import { serverVersion } from './version.ts'
import { registerWeb } from './web/register-web.ts'

export interface ServerDeps {
  readonly logger: Logger
  readonly clock?: Clock | undefined
  /** Tests: what runs executions, instead of the real thing. */
  readonly control?: ExecutionControl | undefined
  /** Tests: answers are checked against the contract. */
  readonly checkReplies?: boolean | undefined
}

/** How long requests under way may take to finish once the server stops. */
const stopGraceMs = 10_000

/** A control plane in this process. */
export interface Server extends AsyncDisposable {
  /** Opens the database, brings it up to date, and serves. Throws an `AppError` that says what is wrong. */
  start(): Promise<void>
  /** `http://127.0.0.1:8400`, once started. */
  readonly url: string
  /** The application, for tests that call it without a socket. Defined once started. */
  readonly app: App
  /** Ends polls and event streams, finishes what is under way, and closes. May be called twice. */
  stop(): Promise<void>
}

export function createServer(config: ServerConfig, deps: ServerDeps): Server {
  const { logger } = deps
  const clock = deps.clock ?? systemClock
  const stopping = new AbortController()
  const cleanups: (() => Promise<unknown>)[] = []
  let app: App | undefined
  let url = ''
  let stopped: Promise<void> | undefined

  const start = async (): Promise<void> => {
    const database = await openDatabase(config, logger, clock)
    cleanups.push(() => database.close())
    app = await buildApp(database)
    await prepareFirstStart(database.store, config.adminKeyFile, logger)
    await startParts(app)
    await listen(app)
    url = `${config.tls === undefined ? 'http' : 'https'}://${formatAddress(app)}`
    logger.info({ address: url, version: serverVersion }, 'the control plane is ready')
  }

  const buildApp = async ({ store }: OpenedDatabase): Promise<App> => {
    const fastify = await createFastify(config, logger, stopping.signal)
    const notifications = createNotifications({ url: store.url, timings: config.timings, logger })
    cleanups.push(() => notifications.stop())
    const inFlight = countInFlight(fastify)
    cleanups.push(() => closeFastify(fastify, inFlight, clock, stopGraceMs))
    const built: App = {
      fastify,
      context: {
        config,
        store,
        notifications,
        instances: createInstanceMemory({ store, notifications, timings: config.timings, clock }),
        logger,
        clock,
        timings: config.timings,
        version: serverVersion,
        authenticator: createAuthenticator(store, config.publicUrl),
        stopping: stopping.signal,
        checkReplies: deps.checkReplies === true,
      },
    }
    registerPublicApi(built, deps.control ?? createExecutionControl(built.context))
    registerProtocol(built)
    registerDocs(built)
    await registerWeb(built)
    return built
  }

  const startParts = async ({ context }: App): Promise<void> => {
    context.notifications.start()
    const orchestrator = createOrchestrator(context)
    cleanups.push(() => orchestrator.stop())
    orchestrator.start()
  }

  const listen = async ({ fastify }: App): Promise<void> => {
    try {
      await fastify.listen({ host: config.host, port: config.port })
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
      throw new AppError(
        'unavailable',
        'PORT_TAKEN',
        `Port ${String(config.port)} of ${config.host} is taken by another process.`,
        {
          hint: 'Set SLUICE_PORT to a free port, or to 0 for any.',
          cause,
        },
      )
    }
  }

  const stop = async (): Promise<void> => {
    stopping.abort(new AppError('unavailable', 'SERVER_STOPPING', 'This server is stopping.'))
    // Last in, first out: the listener and its requests before what they use.
    for (const cleanup of cleanups.toReversed()) {
      await cleanup().catch((error: unknown) => logger.error({ error }, 'a part of the server did not stop cleanly'))
    }
    logger.info({}, 'the control plane has stopped')
  }

  return {
    start: () =>
      start().catch(async (error: unknown) => {
        await (stopped ??= stop())
        throw error
      }),
    get url() {
      return url
    },
    get app() {
      if (app === undefined) throw new AppError('internal', 'INVARIANT', 'The server has not been started.')
      return app
    },
    stop: () => (stopped ??= stop()),
    [Symbol.asyncDispose]: () => (stopped ??= stop()),
  }
}

function formatAddress({ fastify }: App): string {
  const { address, family, port } = fastify.server.address() as AddressInfo
  return `${family === 'IPv6' ? `[${address}]` : address}:${String(port)}`
}
