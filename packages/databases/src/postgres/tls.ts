import { AppError } from '@sluice/base'
import type { DatabaseUrl } from '@sluice/base'
import type { TlsMaterial } from './options.ts'

/** The modes of libpq and pgjdbc, https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION. */
export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

const sslModes: readonly SslMode[] = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']

/** What `pg` hands to `tls.connect`. */
export interface TlsOptions {
  readonly rejectUnauthorized: boolean
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly passphrase?: string | undefined
  readonly checkServerIdentity?: (() => undefined) | undefined
}

/** One way to connect; several are tried in order (`prefer` is TLS, then plain). False = without TLS. */
export type TlsAttempt = TlsOptions | false

/** The mode that a URL asks for: `sslmode`, or `ssl=true` (pgjdbc: as verify-full), else `prefer`. */
export function readSslMode(parameters: DatabaseUrl['parameters']): SslMode {
  const written = parameters['sslmode']
  if (written === undefined) {
    const ssl = parameters['ssl']
    return ssl === '' || ssl?.toLowerCase() === 'true' ? 'verify-full' : ssl?.toLowerCase() === 'false' ? 'disable' : 'prefer'
  }
  const mode = sslModes.find((candidate) => candidate === written.toLowerCase())
  if (mode !== undefined) return mode
  throw new AppError('invalid', 'DATABASE_URL_SSLMODE', `The database URL has the unknown sslmode "${written.slice(0, 40)}".`, {
    hint: `Use one of ${sslModes.join(', ')}.`,
  })
}

/** Reads certificates and gives the attempts to make. Unix sockets never use TLS. */
export async function planTls(url: DatabaseUrl, host: string, material: TlsMaterial | undefined): Promise<readonly TlsAttempt[]> {
  const mode = readSslMode(url.parameters)
  if (mode === 'disable' || host.startsWith('/')) return [false]
  const verify = mode === 'verify-ca' || mode === 'verify-full'
  const [ca, cert, key] = await Promise.all([
    material?.ca ?? readPem(url.parameters['sslrootcert'], 'sslrootcert', 'certificate'),
    material?.certificate ?? readPem(url.parameters['sslcert'], 'sslcert', 'certificate'),
    material?.key ?? readPem(url.parameters['sslkey'], 'sslkey', 'key'),
  ])
  const tls: TlsOptions = {
    rejectUnauthorized: verify,
    ...(url.parameters['ssl_min_protocol_version'] === 'TLSv1.3' ? { minVersion: 'TLSv1.3' } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...optionalPassphrase(material?.keyPassphrase ?? url.parameters['sslpassword']),
    ...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  }
  if (mode === 'prefer') return [tls, false]
  return mode === 'allow' ? [false, tls] : [tls]
}

function optionalPassphrase(passphrase: string | undefined): { passphrase?: string } {
  return passphrase === undefined ? {} : { passphrase }
}

/** A PEM file, or the DER form that pgjdbc takes too (`.crt`, PKCS#8 `.pk8`). */
async function readPem(path: string | undefined, parameter: string, kind: 'certificate' | 'key'): Promise<string | undefined> {
  if (path === undefined || path === '') return undefined
  const { readFile } = await import('node:fs/promises')
  let content: Buffer
  try {
    content = await readFile(path)
  } catch (error) {
    throw new AppError('invalid', 'DATABASE_URL_TLS_FILE', `The file "${path}" of ${parameter} cannot be read.`, {
      cause: error,
      hint: 'Correct the path in the connection URL; it is a path on the machine that connects to the database.',
    })
  }
  const text = content.toString('latin1')
  if (text.includes('-----BEGIN ')) return text
  const base64 = content.toString('base64').replace(/.{64}/g, '$&\n')
  const label = kind === 'certificate' ? 'CERTIFICATE' : 'PRIVATE KEY'
  return `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`
}
