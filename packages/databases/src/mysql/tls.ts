import { isIP } from 'node:net'
import type { DatabaseUrl } from '@sluice/base'
import type { TlsMaterial } from '../postgres/options.ts'
import { planTls, type SslMode } from '../postgres/tls.ts'

/** What `mysql2` takes as `ssl`; false = without TLS. */
export type MysqlTls =
  | false
  | {
      readonly rejectUnauthorized: boolean
      readonly verifyIdentity: boolean
      readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
      readonly ca?: string | undefined
      readonly cert?: string | undefined
      readonly key?: string | undefined
      readonly passphrase?: string | undefined
    }

/** Connector/J's and MariaDB Connector/J's words for libpq's modes. */
const modes: Readonly<Record<string, SslMode>> = {
  disabled: 'disable',
  disable: 'disable',
  preferred: 'prefer',
  prefer: 'prefer',
  required: 'require',
  require: 'require',
  trust: 'require',
  verify_ca: 'verify-ca',
  'verify-ca': 'verify-ca',
  verify_identity: 'verify-full',
  'verify-full': 'verify-full',
}

/** The attempts to make, in order. Certificates are PEM or DER files: `serverSslCert`, `sslCert`, `sslKey`, `sslPassword`. */
export async function planMysqlTls(
  url: DatabaseUrl,
  host: string,
  material: TlsMaterial | undefined,
): Promise<readonly MysqlTls[]> {
  const { parameters } = url
  const mode = readMysqlSslMode(url)
  const fileOf = (name: string): string | undefined => parameters[name]?.replace(/^file:(?:\/\/(?=\/))?/, '')
  const inline = parameters['serverSslCert']?.startsWith('-----BEGIN ') === true ? parameters['serverSslCert'] : undefined
  const named = {
    sslmode: mode,
    sslrootcert: inline === undefined ? fileOf('serverSslCert') : undefined,
    sslcert: fileOf('sslCert'),
    sslkey: fileOf('sslKey'),
    sslpassword: parameters['sslPassword'],
  }
  const given = Object.fromEntries(Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== undefined))
  const attempts = await planTls({ ...url, parameters: given }, host, { ...material, ca: material?.ca ?? inline })
  return attempts.map((tls) =>
    tls === false
      ? false
      : {
          rejectUnauthorized: tls.rejectUnauthorized,
          verifyIdentity: mode === 'verify-full',
          minVersion: /^\s*TLSv1\.3\s*$/i.test(parameters['enabledSslProtocolSuites'] ?? '') ? 'TLSv1.3' : 'TLSv1.2',
          ...(tls.ca === undefined ? {} : { ca: tls.ca }),
          ...(tls.cert === undefined ? {} : { cert: tls.cert }),
          ...(tls.key === undefined ? {} : { key: tls.key }),
          ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
        },
  )
}

/**
 * The mode that a URL asks for: `sslMode`; else the older booleans, read as the driver of the scheme reads them; else `prefer`, as
 * Connector/J. `useSSL=true` means TLS or nothing here, where Connector/J would go on without.
 */
export function readMysqlSslMode({ engine, parameters }: DatabaseUrl): SslMode {
  const written = modes[(parameters['sslMode'] ?? '').toLowerCase()]
  if (written !== undefined) return written
  const isTrue = (name: string): boolean => /^(?:true|yes|1)$/i.test(parameters[name] ?? '')
  if (parameters['useSSL'] !== undefined && !isTrue('useSSL')) return 'disable'
  if (isTrue('trustServerCertificate')) return 'require'
  if (isTrue('disableSslHostnameVerification') || isTrue('verifyServerCertificate')) return 'verify-ca'
  if (isTrue('useSSL'))
    return engine === 'mariadb' && parameters['trustServerCertificate'] === undefined ? 'verify-full' : 'require'
  return isTrue('requireSSL') ? 'require' : 'prefer'
}

/**
 * The driver asks Node to compare the certificate with the name of its socket, and Node takes `localhost` where the socket has none, as it
 * has for an address. So an address is written into the socket; without this a certificate for `localhost` would pass for any address.
 */
export function nameSocket<T extends object>(socket: T, host: string): T {
  if (isIP(host) !== 0) Object.assign(socket, { _host: host })
  return socket
}
