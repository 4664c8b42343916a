import { z } from 'zod'

const base64Url = (bytesMin: number, bytesMax: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'This must be base64url without padding.')
    .min(Math.ceil((bytesMin * 4) / 3))
    .max(Math.ceil((bytesMax * 4) / 3))

/** Most bytes of a ciphertext: 64 KiB of value, 100 targets of 512 bytes, lengths, padding and tag. */
const ciphertextBytesMax = 65_536 + 100 * 514 + 1024

/**
 * The sealed record of docs/sealing-format.md, version 1. The server cannot open one; it checks the shape field by field so that nothing
 * but ciphertext can be stored as a secret's value.
 */
export const sealedRecord = z.strictObject({
  v: z.literal(1),
  scope: z.strictObject({ org: z.string().min(1).max(256).optional(), project: z.string().min(1).max(256).optional() }),
  secretId: z.string().min(1).max(256),
  version: z.number().int().min(1),
  recipients: z
    .array(
      z.strictObject({
        keyId: z.string().regex(/^[0-9a-f]{32}$/, 'A key id has 32 hexadecimal digits in lower case.'),
        enc: base64Url(32, 32),
        wrappedKey: base64Url(48, 48),
      }),
    )
    .min(1)
    .max(100)
    .refine((list) => new Set(list.map((one) => one.keyId)).size === list.length, 'A recipient is named twice.'),
  nonce: base64Url(12, 12),
  ciphertext: base64Url(256 + 16, ciphertextBytesMax),
})
