import type { SecretReference, SecretSource } from './reference.ts'

/** Fetches values of one kind of source. */
export interface SecretProvider {
  readonly kind: SecretSource['kind']
  /**
   * The value's bytes, which the caller owns and clears. Throws an `AppError` that names the reference and never the value. Policy has
   * been checked before; what the provider itself must never yield it refuses again.
   */
  resolve(reference: SecretReference, signal: AbortSignal): Promise<Uint8Array>
}
