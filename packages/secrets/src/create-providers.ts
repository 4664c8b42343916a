import type { SealingKeyPair } from '@sluice/sealing'
import { createEnvProvider } from './env-provider.ts'
import { createFileProvider } from './file-provider.ts'
import type { DelegatePolicy } from './policy.ts'
import type { SecretProvider } from './provider.ts'
import { createSealedProvider } from './sealed-provider.ts'

/** The providers that a delegate with this policy has: `sealed` and `env` always, `file` where the policy names a folder. */
export function createProviders(init: {
  readonly policy: DelegatePolicy
  readonly keyPairs: readonly SealingKeyPair[]
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
}): SecretProvider[] {
  const { file } = init.policy.secrets
  return [
    createSealedProvider(init.keyPairs),
    createEnvProvider(init.environment),
    ...(file === undefined ? [] : [createFileProvider(file.root)]),
  ]
}
