import { AppError } from '@sluice/base'
import type { DatabaseUrl } from '@sluice/base'
import type { TlsMaterial } from '../postgres/options.ts'
import { planTls } from '../postgres/tls.ts'

/** What `mysql2` takes as `ssl`; false = without TLS. */
export type MysqlTls =
  | false
  | {
      readonly rejectUnauthorized: boolean
      readonly verifyIdentity: boolean
      readonly ca?: string
      readonly cert?: string
      readonly key?: string
      readonly passphrase?: string
    }

/** Connector/J's and MariaDB Connector/J's words for libpq's modes; both drivers' parameters are read without case. */
const modes: Readonly<Record<string, string>> = {
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

/**
 * The attempts to make, in order: `sslMode` (or `useSSL`, `requireSSL`, `verifyServerCertificate`), with `sslrootcert`,
 * `serverSslCert`, `sslcert`, `sslkey` as files. Without any: TLS where the server has it, as Connector/J does.
 */
export async function planMysqlTls(
  url: DatabaseUrl,
  host: string,
  material: TlsMaterial | undefined,
): Promise<readonly MysqlTls[]> {
  const given = new Map(Object.entries(url.parameters).map(([name, value]) => [name.toLowerCase(), value]))
  const parameters: Record<string, string> = { sslmode: readMode(given) }
  const copy = (to: string, ...names: string[]): void => {
    const value = names.map((name) => given.get(name)).find((one) => one !== undefined)
    if (value !== undefined) parameters[to] = value.replace(/^file:(\/\/)?/, '')
  }
  copy('sslrootcert', 'sslrootcert', 'serversslcert', 'sslca')
  copy('sslcert', 'sslcert', 'clientcertificate')
  copy('sslkey', 'sslkey')
  copy('sslpassword', 'sslpassword')
  const attempts = await planTls({ ...url, parameters }, host, material)
  return attempts.map((tls) =>
    tls === false
      ? false
      : {
          rejectUnauthorized: tls.rejectUnauthorized,
          verifyIdentity: parameters['sslmode'] === 'verify-full',
          ...(tls.ca === undefined ? {} : { ca: tls.ca }),
          ...(tls.cert === undefined ? {} : { cert: tls.cert }),
          ...(tls.key === undefined ? {} : { key: tls.key }),
          ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
        },
  )
}

function readMode(given: ReadonlyMap<string, string>): string {
  const written = given.get('sslmode')
  if (written !== undefined) {
    const mode = modes[written.toLowerCase()]
    if (mode !== undefined) return mode
    throw new AppError('invalid', 'DATABASE_URL_SSLMODE', `The database URL has the unknown sslMode "${written.slice(0, 40)}".`, {
      hint: 'Use one of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY.',
    })
  }
  const isSet = (name: string): boolean => given.has(name) && given.get(name)?.toLowerCase() !== 'false'
  if (given.get('usessl')?.toLowerCase() === 'false') return 'disable'
  if (isSet('verifyservercertificate')) return 'verify-ca'
  return isSet('requiressl') || isSet('usessl') ? 'require' : 'prefer'
}
