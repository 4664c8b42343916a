import { AppError } from '@sluice/base'

/** How a database's URLs call what TLS needs, for hints. */
export interface TlsWords {
  readonly mode: string
  readonly ca: string
  readonly certificate: string
  readonly key: string
}

export const postgresTlsWords: TlsWords = { mode: 'sslmode', ca: 'sslrootcert', certificate: 'sslcert', key: 'sslkey' }
export const mysqlTlsWords: TlsWords = { mode: 'sslMode', ca: 'serverSslCert', certificate: 'sslCert', key: 'sslKey' }

/**
 * Why no TLS connection came about, and what to do: an `AppError` `DATABASE_TLS`, or undefined when the failure has nothing to do with TLS.
 * Codes of OpenSSL and Node (https://nodejs.org/api/tls.html#x509-certificate-error-codes); drivers keep only their texts at times.
 */
export function explainTlsFailure(error: unknown, place: string, words: TlsWords): AppError | undefined {
  const {
    code = '',
    message = '',
    cause,
  } = error as { code?: string; message?: string; cause?: { code?: string; message?: string } }
  const said = `${code} ${message} ${cause?.code ?? ''} ${cause?.message ?? ''}`
  const found = reasons(words).find(([pattern]) => pattern.test(said))
  if (found === undefined) return undefined
  const [, why, hint] = found
  return new AppError(
    'failedPrecondition',
    'DATABASE_TLS',
    `No TLS connection to "${place}": ${why ?? `${message.replace(/\.$/, '')}`}.`,
    {
      hint,
      cause: error,
    },
  )
}

type Reason = readonly [RegExp, string | undefined, string]

/** In order: the first that fits. */
function reasons({ mode, ca, certificate, key }: TlsWords): readonly Reason[] {
  return [
    [
      /NO_SSL_SUPPORT|not support (?:SSL|secure)/i,
      'the server has TLS switched off',
      `Switch it on at the server; ${mode}=${mode === 'sslmode' ? 'disable' : 'DISABLED'} goes without, where the network between is trusted.`,
    ],
    [
      /ALTNAME_INVALID|does not match certificate/i,
      undefined,
      `Write a host name into the URL that the certificate is for, or have one made for this host; ${mode}=${mode === 'sslmode' ? 'verify-ca' : 'VERIFY_CA'} leaves the name out of account.`,
    ],
    [
      /ALERT_CERTIFICATE_EXPIRED|alert certificate expired/i,
      'the server says that the client certificate has expired',
      `Renew the certificate of ${certificate}.`,
    ],
    [/CERT_HAS_EXPIRED|certificate has expired/i, 'the server’s certificate has expired', 'Renew the certificate of the server.'],
    [/CERT_NOT_YET_VALID|not yet valid/i, 'the server’s certificate is not valid yet', 'Compare the clocks of both machines.'],
    [
      /CERTIFICATE_REQUIRED|certificate required|requires a valid client certificate|HANDSHAKE_FAILURE|alert handshake failure/i,
      'the server wants a client certificate',
      `Give one with ${certificate} and ${key} (PEM files).`,
    ],
    [
      /ALERT_UNKNOWN_CA|alert unknown ca|ALERT_BAD_CERTIFICATE|alert bad certificate|alert certificate unknown|ALERT_DECRYPT_ERROR/i,
      'the server does not accept the client certificate',
      `Use a certificate with ${certificate} that is signed by the CA that the server trusts.`,
    ],
    [
      /SELF_SIGNED|self.signed certificate|UNABLE_TO_(?:GET_ISSUER|VERIFY)|unable to (?:get (?:local )?issuer|verify)/i,
      'the server’s certificate is signed by a CA that is not trusted here',
      `Name the CA's certificate (PEM) with ${ca}; without it the CAs that come with Node.js are trusted.`,
    ],
    [
      /KEY_VALUES_MISMATCH|key values mismatch/i,
      'client certificate and key do not belong together',
      `Correct ${certificate} and ${key}.`,
    ],
    [
      /BAD_DECRYPT|bad decrypt|BAD_PASSWORD_READ|password read|INTERRUPTED_OR_CANCELLED/i,
      'the client key cannot be opened',
      `Give its passphrase as sslpassword, and see that ${key} is a PEM file.`,
    ],
    [
      /NO_START_LINE|no start line|PEM_lib|PEM_BAD|ASN1|DECODER|unsupported/i,
      'a certificate or key file cannot be read',
      `${ca}, ${certificate} and ${key} have to be PEM or DER files; export a Java key store first.`,
    ],
    [
      /UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION|protocol version|WRONG_VERSION_NUMBER/i,
      'server and client have no TLS version in common',
      'TLS 1.2 is the oldest that is spoken here: bring the server up to date.',
    ],
    [
      /ERR_SSL|ERR_TLS|\bTLS\b|\bSSL\b|certificate|HANDSHAKE_SSL/i,
      undefined,
      `Check ${mode}, ${ca} and the host name of the connection URL against the certificate of the server.`,
    ],
  ]
}
