import { type KeyObject, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { AppError } from '@sluice/base'
import { writeFileAtomic } from '@sluice/executor'
import { type ExportedKeyPair, type SealingKeyPair, createKeyPair, exportKeyPair, importKeyPair } from '@sluice/sealing'

/** Who this instance is to the control plane, once it has enrolled. */
export interface Enrolment {
  readonly delegateId: string
  readonly instanceId: string
  /** Origin it enrolled at. */
  readonly serverUrl: string
}

/** The instance's keys and what it enrolled as, kept in one file that is for its owner alone. */
export interface Identity {
  /** Ed25519 public key, raw, base64url. */
  readonly authPublicKey: string
  /** The X25519 pair that secrets are sealed to. */
  readonly sealKeyPair: SealingKeyPair
  readonly enrolment: Enrolment | undefined
  /** Ed25519 signature of a text, base64url. */
  sign(text: string): string
  /** The same identity with an enrolment, on disk when this returns. */
  enrolled(enrolment: Enrolment): Promise<Identity>
}

/** The file's content. */
export interface IdentityFile {
  readonly version: 1
  /** Ed25519 keys, raw 32 bytes each, base64url. */
  readonly auth: { readonly publicKey: string; readonly privateKey: string }
  readonly seal: ExportedKeyPair
  readonly enrolment?: Enrolment | undefined
}

/**
 * The identity in `path`; made there on the first call. The keys are on disk before they are used, so that an enrolment whose answer
 * was lost is repeated with the same keys. Throws `AppError`: `IDENTITY_FILE_OPEN` when others may read the file, and
 * `IDENTITY_FILE_BROKEN`; neither quotes it.
 */
export async function openIdentity(path: string): Promise<Identity> {
  const stored = await readIdentity(path)
  const file: IdentityFile = stored ?? { version: 1, auth: createAuthKeys(), seal: await exportKeyPair(await createKeyPair()) }
  if (stored === undefined) await save(path, file)
  return toIdentity(path, file)
}

async function toIdentity(path: string, file: IdentityFile): Promise<Identity> {
  let authKey: KeyObject
  let sealKeyPair: SealingKeyPair
  try {
    authKey = createPrivateKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: file.auth.publicKey, d: file.auth.privateKey },
      format: 'jwk',
    })
    sealKeyPair = await importKeyPair(file.seal)
  } catch (cause) {
    throw broken(path, cause)
  }
  return {
    authPublicKey: createPublicKey(authKey).export({ format: 'jwk' }).x ?? '',
    sealKeyPair,
    enrolment: file.enrolment,
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), authKey).toString('base64url'),
    async enrolled(enrolment) {
      const next: IdentityFile = { ...file, enrolment }
      await save(path, next)
      return toIdentity(path, next)
    },
  }
}

async function readIdentity(path: string): Promise<IdentityFile | undefined> {
  let text: string
  try {
    const { mode } = await stat(path)
    if ((mode & 0o077) !== 0) {
      throw new AppError('forbidden', 'IDENTITY_FILE_OPEN', `Others than its owner may use the identity file "${path}".`, {
        hint: `It holds private keys. Run \`chmod 600 ${path}\`; if others may have read it, remove it and enrol again.`,
      })
    }
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const file = JSON.parse(text) as IdentityFile
    if (file.version === 1 && typeof file.auth.privateKey === 'string' && typeof file.seal.privateKey === 'string') return file
  } catch {
    // A JSON error quotes the text, which is secret: it is not passed on.
  }
  throw broken(path)
}

function broken(path: string, cause?: unknown): AppError {
  return new AppError('invalid', 'IDENTITY_FILE_BROKEN', `The identity file "${path}" cannot be understood.`, {
    hint: 'Restore it from a backup, or remove it and enrol again with a new token; secrets then have to be sealed to the new key.',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** A new Ed25519 pair. */
export function createAuthKeys(): IdentityFile['auth'] {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return { publicKey: x, privateKey: d }
}

function save(path: string, file: IdentityFile): Promise<void> {
  return writeFileAtomic(path, `${JSON.stringify(file, undefined, 2)}\n`)
}
