import { AppError, limits } from '@sluice/base'
import type { SecretProvider } from './provider.ts'
import { formatReference, isOwnVariable } from './reference.ts'

/** Values from an environment, by default this process's. Never from variables that begin with `SLUICE_`. */
export function createEnvProvider(environment: Readonly<Record<string, string | undefined>> = process.env): SecretProvider {
  return {
    kind: 'env',
    async resolve(reference) {
      const name = reference.source.kind === 'env' ? reference.source.variable : ''
      const what = `variable "${name}" for ${formatReference(reference)}`
      if (isOwnVariable(name)) {
        throw new AppError('forbidden', 'SECRET_ENV_OWN', `The ${what} is the delegate’s own.`, { hint: 'Use another variable.' })
      }
      // An own property: "constructor" is no variable.
      const text = Object.hasOwn(environment, name) ? environment[name] : undefined
      if (text === undefined || text === '') {
        throw new AppError('failedPrecondition', 'SECRET_NOT_FOUND', `The ${what} is not set, or empty, on the delegate.`, {
          hint: 'Set it in the delegate’s environment and restart the delegate.',
        })
      }
      const value = new TextEncoder().encode(text)
      if (value.length > limits.secretBytesMax) {
        throw new AppError('limitExceeded', 'SECRET_TOO_LARGE', `The ${what} has more than ${limits.secretBytesMax} bytes.`)
      }
      return value
    },
  }
}
