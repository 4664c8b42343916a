import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { type Diagnostic, type Timings, timingsFromScale } from '@sluice/base'

/** Everything that a server process is told from outside. */
export interface ServerConfig {
  /** `postgres://…` of the control plane's own database; undefined starts the embedded one in `dataDir`. */
  readonly databaseUrl: string | undefined
  readonly dataDir: string
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** PEM files. Without them only loopback addresses are served. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  /** Address that browsers use, where a proxy stands in front. */
  readonly publicUrl: string | undefined
  /** Where the first administrator's key is written when there is no key yet. */
  readonly adminKeyFile: string
  readonly logLevel: LogLevel
  /** Folder of the built web UI; it may be missing. */
  readonly webDir: string
  readonly timings: Timings
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

/**
 * Reads the configuration from environment variables (`SLUICE_…`, listed in the README beside this). All problems are returned at
 * once; `config` is there exactly when none of them is an error.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  defaults: { webDir: string; cwd: string },
): { config: ServerConfig | undefined; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = []
  const problem = (variable: string, message: string, hint: string): void => {
    diagnostics.push({ severity: 'error', code: 'CONFIG_INVALID', message, hint, file: variable })
  }
  const value = (name: string): string | undefined => env[name]?.trim() || undefined

  const databaseUrl = readDatabaseUrl(value('SLUICE_DATABASE_URL'), value('SLUICE_DATABASE_URL_FILE'), problem)
  const host = value('SLUICE_HOST') ?? '127.0.0.1'
  const port = Number(value('SLUICE_PORT') ?? '8400')
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    problem('SLUICE_PORT', 'The port is not a whole number from 0 to 65535.', 'Set SLUICE_PORT to a free port, or to 0 for any.')
  }
  const certFile = value('SLUICE_TLS_CERT')
  const keyFile = value('SLUICE_TLS_KEY')
  if ((certFile === undefined) !== (keyFile === undefined)) {
    problem('SLUICE_TLS_CERT', 'TLS needs a certificate and its key.', 'Set both SLUICE_TLS_CERT and SLUICE_TLS_KEY, or neither.')
  }
  const tls = certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile }
  if (tls === undefined && !isLoopback(host)) {
    problem(
      'SLUICE_HOST',
      `Plain HTTP is served on loopback addresses only, and "${host}" is not one.`,
      'Set SLUICE_TLS_CERT and SLUICE_TLS_KEY, or put a TLS proxy in front and listen on 127.0.0.1.',
    )
  }
  const publicUrl = value('SLUICE_PUBLIC_URL')
  if (publicUrl !== undefined && !isOrigin(publicUrl)) {
    problem('SLUICE_PUBLIC_URL', 'The public URL is not an http or https origin.', 'Write it like https://sluice.example.com.')
  }
  const logLevel = (value('SLUICE_LOG_LEVEL') ?? 'info') as LogLevel
  if (!logLevels.includes(logLevel)) {
    problem('SLUICE_LOG_LEVEL', `"${logLevel}" is not a log level.`, `Use one of ${logLevels.join(', ')}.`)
  }
  const dataDir = resolve(defaults.cwd, value('SLUICE_DATA_DIR') ?? '.sluice')
  if (diagnostics.length > 0) return { config: undefined, diagnostics }
  return {
    config: {
      databaseUrl,
      dataDir,
      host,
      port,
      tls,
      publicUrl: publicUrl === undefined ? undefined : new URL(publicUrl).origin,
      adminKeyFile: resolve(defaults.cwd, value('SLUICE_ADMIN_KEY_FILE') ?? join(dataDir, 'admin-key')),
      logLevel,
      webDir: resolve(defaults.cwd, value('SLUICE_WEB_DIR') ?? defaults.webDir),
      timings: timingsFromScale(value('SLUICE_TIME_SCALE')),
    },
    diagnostics,
  }
}

/** Whether an address can be reached from this machine alone. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  return isIP(host) === 4 && host.startsWith('127.')
}

function readDatabaseUrl(
  url: string | undefined,
  file: string | undefined,
  problem: (variable: string, message: string, hint: string) => void,
): string | undefined {
  let text = url
  let from = 'SLUICE_DATABASE_URL'
  if (file !== undefined) {
    from = 'SLUICE_DATABASE_URL_FILE'
    if (url !== undefined) problem(from, 'The database URL is given twice.', `Set SLUICE_DATABASE_URL or ${from}, not both.`)
    try {
      text = readFileSync(file, 'utf8').trim()
    } catch {
      problem(from, `The file "${file}" with the database URL cannot be read.`, 'Check the path and who may read it.')
      return undefined
    }
  }
  // The text itself stays out of the message: it holds a password.
  if (text !== undefined && !(URL.canParse(text) && /^postgres(?:ql)?:$/.test(new URL(text).protocol))) {
    problem(from, 'The database URL is not a PostgreSQL URL.', 'Write it like postgres://user:password@host:5432/sluice.')
  }
  return text
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}
