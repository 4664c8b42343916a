import { limits } from '@sluice/base'
import { concatBytes, refuse, uint32, utf8 } from './encoding.ts'

/** What a record hides. */
export interface OpenedSecret {
  readonly value: Uint8Array
  /**
   * The targets that may get the value: canonical target keys such as `postgresql://db.example.com:5432/shop`, with `*` for any run
   * of characters but `/`; the single entry `*` allows everything. Whoever opens the record checks them.
   */
  readonly allowedTargets: readonly string[]
}

export const payloadLimits = {
  targetsMax: 100,
  targetBytesMax: 512,
  /** The payload's length is a multiple of this, so that a record tells the value's length only in steps. */
  paddingBytes: 256,
} as const

/** Longest payload that the limits allow, in bytes. */
export const payloadBytesMax =
  Math.ceil((2 + payloadLimits.targetsMax * (2 + payloadLimits.targetBytesMax) + 4 + limits.secretBytesMax) / 256) * 256

/** The payload's bytes (docs/sealing-format.md). Throws `SEALING_ARGUMENT_INVALID`; the message never has the value. */
export function encodePayload(secret: OpenedSecret): Uint8Array<ArrayBuffer> {
  const { value, allowedTargets } = secret
  if (value.length > limits.secretBytesMax) {
    refuse('SEALING_ARGUMENT_INVALID', `The value has ${value.length} bytes; at most ${limits.secretBytesMax} can be sealed.`)
  }
  if (allowedTargets.length === 0 || allowedTargets.length > payloadLimits.targetsMax) {
    refuse(
      'SEALING_ARGUMENT_INVALID',
      `A sealed secret needs 1 to ${payloadLimits.targetsMax} allowed targets; ${allowedTargets.length} were given.`,
      'Name the target, for example postgresql://db.example.com:5432/shop, or "*" if any target may have the value.',
    )
  }
  const targets = allowedTargets.flatMap((target) => {
    const bytes = utf8(target)
    if (bytes.length === 0 || bytes.length > payloadLimits.targetBytesMax || !target.isWellFormed()) {
      refuse(
        'SEALING_ARGUMENT_INVALID',
        `An allowed target is empty, not text, or longer than ${payloadLimits.targetBytesMax} bytes.`,
      )
    }
    return [uint16(bytes.length), bytes]
  })
  const content = concatBytes([uint16(allowedTargets.length), ...targets, uint32(value.length), value])
  const padded = new Uint8Array(Math.ceil(content.length / payloadLimits.paddingBytes) * payloadLimits.paddingBytes)
  padded.set(content)
  content.fill(0)
  return padded
}

/** The reverse of `encodePayload`, or undefined for bytes that it never makes. */
export function decodePayload(payload: Uint8Array): OpenedSecret | undefined {
  const { paddingBytes, targetsMax, targetBytesMax } = payloadLimits
  if (payload.length === 0 || payload.length % paddingBytes !== 0 || payload.length > payloadBytesMax) return undefined
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    const count = view.getUint16(0)
    if (count === 0 || count > targetsMax) return undefined
    let offset = 2
    const allowedTargets: string[] = []
    for (let index = 0; index < count; index++) {
      const length = view.getUint16(offset)
      const end = offset + 2 + length
      if (length === 0 || length > targetBytesMax || end > payload.length) return undefined
      allowedTargets.push(decoder.decode(payload.subarray(offset + 2, end)))
      offset = end
    }
    const length = view.getUint32(offset)
    const end = offset + 4 + length
    if (length > limits.secretBytesMax || end > payload.length || payload.length - end >= paddingBytes) return undefined
    if (payload.subarray(end).some((byte) => byte !== 0)) return undefined
    return { value: payload.slice(offset + 4, end), allowedTargets }
  } catch {
    // A read past the end or text that is not UTF-8.
    return undefined
  }
}

function uint16(value: number): Uint8Array {
  return new Uint8Array([value >> 8, value & 0xff])
}
