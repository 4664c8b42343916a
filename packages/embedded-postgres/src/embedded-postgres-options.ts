import type { Logger } from '@sluice/base'

export interface EmbeddedPostgresOptions {
  /** The folder that holds everything of this server. It is made when missing; nothing is left outside of it. */
  readonly dataDir: string
  /** TCP port on 127.0.0.1. 0 (the default) takes the port of the last start when it is free, else any free one. */
  readonly port?: number | undefined
  /** A superuser with this name and password can log in. Both may change between starts: the folder's owner decides. */
  readonly user: string
  /** Printable ASCII. It reaches neither a disk, an argument list nor a log. */
  readonly password: string
  /** Created when missing; `postgres` when left out. */
  readonly database?: string | undefined
  /** Server settings (`max_connections`, …), over the ones of this package. Never a secret: they are arguments of the process. */
  readonly settings?: Readonly<Record<string, string | number | boolean>> | undefined
  readonly logger: Logger
  /** `full`: survives a power cut. `off`: no fsync, for tests only; still survives SIGKILL of any process. */
  readonly durability: 'full' | 'off'
  /**
   * `child`: the server is stopped when this process ends, however it ends. `detached`: it outlives this process, and the next
   * `openEmbeddedPostgres` on the folder takes it over as it runs.
   */
  readonly lifetime: 'child' | 'detached'
  /** Start again, on the same port, when the server dies without having been stopped. Default false. */
  readonly restart?: boolean | undefined
  /** How long to wait for connections to be accepted, recovery after a crash included. Default 120,000. */
  readonly startTimeoutMs?: number | undefined
}

export interface EmbeddedPostgres extends AsyncDisposable {
  /** `postgres://user:password@127.0.0.1:port/database`. Holds the password: not for logs. */
  readonly url: string
  readonly host: '127.0.0.1'
  readonly port: number
  /** Process id of the postmaster; another one after a restart. */
  readonly pid: number
  /** Text log of the server. */
  readonly logPath: string
  /** Stops the server (open transactions are rolled back), waits for its end and gives the folder free. May be called twice. */
  stop(): Promise<void>
  /** Gives the folder free and leaves the server running, whatever its lifetime was. */
  release(): Promise<void>
  /** Resolves once the server has ended and will not be started again, for whatever reason. */
  readonly ended: Promise<void>
}
