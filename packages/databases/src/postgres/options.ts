import type { DatabaseUrl } from '@sluice/base'

/** TLS material given by value (PEM), for callers whose certificates are secrets and never files. */
export interface TlsMaterial {
  readonly ca?: string | undefined
  readonly certificate?: string | undefined
  readonly key?: string | undefined
  readonly keyPassphrase?: string | undefined
}

export interface OpenOptions {
  /** JDBC or native URL. User and password below win over what stands in it. */
  readonly url: string | DatabaseUrl
  readonly user?: string | undefined
  readonly password?: string | undefined
  /**
   * What the server shows for this session. Agree on `sluice:<instance>:<epoch>:<attempt>`; PostgreSQL keeps the first 63 bytes.
   */
  readonly applicationName?: string | undefined
  /** Per host. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined
  /** Longest wait of a statement for a lock; undefined = the server's default. */
  readonly lockTimeoutMs?: number | undefined
  /** Longest run of a statement; undefined = the server's default. */
  readonly statementTimeoutMs?: number | undefined
  readonly tls?: TlsMaterial | undefined
  /**
   * Called as soon as a PostgreSQL server has been asked to let us in, for work that needs no database: it takes milliseconds to answer,
   * and waits a minute for ours (`authentication_timeout`). May be called again for another host or another try. Must not throw. The
   * other products do not call it: MySQL's servers wait no longer than ten seconds, and SQLite has none.
   */
  readonly whileConnecting?: (() => void) | undefined
  readonly signal?: AbortSignal | undefined
}
