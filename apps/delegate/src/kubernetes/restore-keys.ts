import { existsSync } from 'node:fs'
import { AppError } from '@sluice/base'
import { type KubeClient, KubeError, writeFileAtomic } from '@sluice/executor'
import { type ExportedKeyPair, createKeyPair, exportKeyPair } from '@sluice/sealing'
import { type IdentityFile, createAuthKeys } from '../identity.ts'
import { createRelayKeyPem } from '../relay/relay-key.ts'

/** Secrets of the delegate's own namespace that its keys are kept in, so that they outlive its data folder. */
export interface KeySecrets {
  /** The sealing key, which all replicas of the delegate share. */
  readonly delegate: string
  /** What is this instance's own: the key that it signs with, and its relay's. */
  readonly instance: string
}

interface InstanceKeys {
  readonly auth: IdentityFile['auth']
  readonly relay: string
}

/**
 * Fills an empty data folder with the keys from the cluster; made there by whoever comes first. What the instance enrolled as is not kept:
 * the control plane tells it again to the same key. Does nothing where the folder has an identity. Throws `AppError('forbidden',
 * 'KEY_SECRET_UNUSABLE')` for a Secret that may not be read or holds something else.
 */
export async function restoreKeys(
  client: KubeClient,
  namespace: string,
  names: KeySecrets,
  paths: { readonly identity: string; readonly relayKey: string },
): Promise<void> {
  if (existsSync(paths.identity)) return
  const secrets = { client, namespace }
  const seal = await readOrCreate(secrets, names.delegate, async () => exportKeyPair(await createKeyPair()), isKeyPair)
  const instance = await readOrCreate(
    secrets,
    names.instance,
    async (): Promise<InstanceKeys> => ({ auth: createAuthKeys(), relay: createRelayKeyPem() }),
    isInstance,
  )
  // The identity last: its being there says that all is.
  await writeFileAtomic(paths.relayKey, instance.relay)
  await writeFileAtomic(paths.identity, `${JSON.stringify({ version: 1, auth: instance.auth, seal } satisfies IdentityFile)}\n`)
}

const key = 'keys.json'

async function readOrCreate<T extends object>(
  { client, namespace }: { readonly client: KubeClient; readonly namespace: string },
  name: string,
  make: () => Promise<T>,
  isRight: (value: unknown) => value is T,
): Promise<T> {
  const path = `/api/v1/namespaces/${namespace}/secrets`
  const read = async (): Promise<T | undefined> => {
    try {
      const { body } = await client.insist<{ data?: Record<string, string> }>('GET', `${path}/${name}`)
      const value = parseJson(Buffer.from(body.data?.[key] ?? '', 'base64').toString('utf8'))
      if (isRight(value)) return value
      throw unusable(namespace, name, `It holds no "${key}" of a delegate.`)
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined
      throw error instanceof KubeError && error.status === 403 ? unusable(namespace, name, error.message) : error
    }
  }
  const there = await read()
  if (there !== undefined) return there
  const made = await make()
  const body = {
    metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'sluice' } },
    type: 'Opaque',
    immutable: true,
    data: { [key]: Buffer.from(JSON.stringify(made), 'utf8').toString('base64') },
  }
  await client.insist('POST', path, { body }).catch((error: unknown) => {
    // Another replica was first, or this call's first answer was lost: what stands there counts.
    if (!(error instanceof KubeError) || error.status !== 409) throw error
  })
  return (await read()) ?? made
}

function isKeyPair(value: unknown): value is ExportedKeyPair {
  return typeof (value as Partial<ExportedKeyPair> | undefined)?.privateKey === 'string'
}

function isInstance(value: unknown): value is InstanceKeys {
  const { auth, relay } = (value ?? {}) as Partial<InstanceKeys>
  return typeof auth?.privateKey === 'string' && typeof relay === 'string'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The text is secret: the parser's message, which quotes it, goes nowhere.
    return undefined
  }
}

function unusable(namespace: string, name: string, why: string): AppError {
  return new AppError(
    'forbidden',
    'KEY_SECRET_UNUSABLE',
    `The Secret "${name}" in namespace "${namespace}" cannot be used for keys. ${why}`,
    {
      hint: 'Give the delegate the documented Role in its own namespace, or remove the Secret and enrol again.',
    },
  )
}
