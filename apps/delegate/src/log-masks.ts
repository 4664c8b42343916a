import { type Masker, createMasker } from '@sluice/masking'

/** The secret values of the attempts that are here, as far as texts of the delegate have to be kept free of them. */
export interface LogMasks {
  /** From now on texts are masked for these values too. The masker keeps what it needs; the caller may zero the values. */
  add(attemptId: string, values: ReadonlyMap<string, Uint8Array>): void
  /** The attempt is gone from here, and so are its values. */
  remove(attemptId: string): void
  has(attemptId: string): boolean
  maskText(text: string): string
}

export function createLogMasks(): LogMasks {
  const maskers = new Map<string, Masker>()
  return {
    add(attemptId, values) {
      maskers.set(attemptId, createMasker([...values].map(([name, value]) => ({ name, value }))))
    },
    remove(attemptId) {
      maskers.delete(attemptId)
    },
    has: (attemptId) => maskers.has(attemptId),
    maskText(text) {
      let masked = text
      for (const masker of maskers.values()) masked = masker.maskText(masked)
      return masked
    },
  }
}
