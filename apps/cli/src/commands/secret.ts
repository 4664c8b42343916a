import { readFile } from 'node:fs/promises'
import { AppError, canonicalTarget, limits } from '@sluice/base'
import { HttpCallError } from '@sluice/client'
import { entityEndpoints, type EntityView, secretEndpoints } from '@sluice/contract'
import type { CommandContext } from '../command-context.ts'
import { scopeFor } from './entity-scope.ts'
import { get } from './get.ts'

export interface SecretSetOptions {
  readonly at?: string
  readonly fromFile?: string
  /** Connectors or URLs that the value may be presented to. */
  readonly for: readonly string[]
  readonly anyTarget: boolean
  readonly keepNewline: boolean
}

/**
 * `sluice secret set NAME`: seals a value, here, to the keys of the scope's approved delegates, and stores the ciphertext. The value comes
 * from stdin, a file or a hidden prompt, never from argv.
 */
export async function setSecret(context: CommandContext, identifier: string, options: SecretSetOptions): Promise<void> {
  const scope = scopeFor('secret', context.scope, options.at)
  const allowedTargets = await targetsOf(context, options)
  const value = await readValue(context, options)
  const client = context.client()
  const [stored, recipients] = await Promise.all([
    findSecret(context, identifier, scope),
    client.call(secretEndpoints.recipients, { query: scope, signal: context.signal }),
  ])
  if (recipients.items.length === 0) {
    throw new AppError('failedPrecondition', 'NO_RECIPIENTS', 'No approved delegate can open secrets of this scope.', {
      hint: 'Start a delegate, then approve it: sluice delegate approve NAME.',
    })
  }
  const entity =
    stored ??
    (await client.call(entityEndpoints.secret.create, {
      body: { identifier, ...scope, type: 'SecretText', spec: { provider: 'sealed' } },
      signal: context.signal,
    }))
  const provider = (entity.spec['spec'] as { provider?: string }).provider
  if (provider !== 'sealed')
    throw new AppError(
      'failedPrecondition',
      'SECRET_NOT_SEALED',
      `The secret "${identifier}" takes its value from "${String(provider)}", so none is stored here.`,
    )
  const version = Number(entity.facts?.['valueVersion'] ?? 0) + 1
  const { sealSecret } = await import('@sluice/sealing')
  const record = await sealSecret({
    value,
    recipients: recipients.items.map(({ keyId, publicKey }) => ({ keyId, publicKey })),
    scope: {
      ...(scope.orgIdentifier === undefined ? {} : { org: scope.orgIdentifier }),
      ...(scope.projectIdentifier === undefined ? {} : { project: scope.projectIdentifier }),
    },
    secretId: identifier,
    version,
    allowedTargets,
  })
  value.fill(0)
  await client.call(secretEndpoints.setValue, {
    params: { identifier },
    query: scope,
    body: { version, record: record as unknown as Record<string, unknown> },
    signal: context.signal,
  })
  const names = recipients.items.map(({ delegateName, fingerprint }) => `${delegateName} (${fingerprint})`)
  context.printer.result({ identifier, version, allowedTargets, recipients: recipients.items }, () =>
    [
      `Secret ${identifier} version ${String(version)} is sealed to ${names.join(', ')}.`,
      allowedTargets.includes('*')
        ? 'It may be presented to any target.'
        : `It may be presented to: ${allowedTargets.join(', ')}.`,
    ].join('\n'),
  )
}

export async function listSecrets(
  context: CommandContext,
  options: { readonly at?: string; readonly limit: number },
): Promise<void> {
  await get(context, 'secret', undefined, options)
}

async function findSecret(
  context: CommandContext,
  identifier: string,
  scope: ReturnType<typeof scopeFor>,
): Promise<EntityView | undefined> {
  try {
    return await context
      .client()
      .call(entityEndpoints.secret.get, { params: { identifier }, query: scope, signal: context.signal })
  } catch (error) {
    if (error instanceof HttpCallError && error.kind === 'notFound') return undefined
    throw error
  }
}

/** What the value may be presented to: canonical database targets, and URLs of Git hosts and registries as they stand. */
async function targetsOf(context: CommandContext, options: SecretSetOptions): Promise<string[]> {
  if (options.anyTarget) return ['*']
  if (options.for.length === 0) {
    throw new AppError('invalid', 'SECRET_TARGET_MISSING', 'It is not said what this secret is for.', {
      hint: 'Name the connector or URL it may be presented to with --for (repeatable), or say --any-target.',
    })
  }
  return Promise.all(options.for.map((text) => targetOf(context, text)))
}

async function targetOf(context: CommandContext, text: string): Promise<string> {
  if (text.includes(':')) return /^(?:jdbc|postgres(?:ql)?|mysql|mariadb|sqlite3?):/.test(text) ? canonicalTarget(text) : text
  const [level, name] = text.startsWith('account.')
    ? ['account', text.slice(8)]
    : text.startsWith('org.')
      ? ['org', text.slice(4)]
      : ['project', text]
  const connector = await context.client().call(entityEndpoints.connector.get, {
    params: { identifier: name ?? text },
    query: scopeFor('connector', context.scope, level),
    signal: context.signal,
  })
  const spec = connector.spec['spec'] as { connectionUrl?: string; url?: string; dockerRegistryUrl?: string }
  if (spec.connectionUrl !== undefined) return canonicalTarget(spec.connectionUrl)
  const url = spec.url ?? spec.dockerRegistryUrl
  if (url === undefined)
    throw new AppError('invalid', 'SECRET_TARGET_MISSING', `The connector "${text}" has no URL to bind a secret to.`, {
      hint: 'Use --any-target.',
    })
  return url
}

async function readValue(context: CommandContext, options: SecretSetOptions): Promise<Buffer> {
  let value: Buffer
  if (options.fromFile !== undefined) {
    value = await readFile(options.fromFile).catch((cause: unknown) => {
      throw new AppError('invalid', 'FILE_UNREADABLE', `The file "${String(options.fromFile)}" cannot be read.`, { cause })
    })
  } else if (process.stdin.isTTY) {
    const { promptHidden } = await import('../prompt.ts')
    value = Buffer.from(await promptHidden('Value: ', context.signal))
  } else {
    value = Buffer.from(await context.readStdin())
  }
  if (!options.keepNewline && value.at(-1) === 0x0a) value = value.subarray(0, value.at(-2) === 0x0d ? -2 : -1)
  if (value.length === 0) throw new AppError('invalid', 'SECRET_EMPTY', 'The value is empty.')
  if (value.length > limits.secretBytesMax)
    throw new AppError('limitExceeded', 'SECRET_TOO_LARGE', `The value is larger than ${String(limits.secretBytesMax)} bytes.`)
  return value
}
