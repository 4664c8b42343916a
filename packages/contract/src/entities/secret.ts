import { z } from 'zod'
import { anywhereHead } from './entity-head.ts'

/**
 * Where a secret's value lives. The control plane stores this and, for `sealed`, ciphertext that only delegates can open;
 * never a value.
 */
export const secretSource = z.discriminatedUnion('provider', [
  z.strictObject({ provider: z.literal('sealed') }),
  z.strictObject({ provider: z.literal('env'), variable: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/) }),
  z.strictObject({ provider: z.literal('file'), path: z.string().min(1).max(1024) }),
])
export type SecretSource = z.infer<typeof secretSource>

export const secret = z
  .strictObject({
    ...anywhereHead,
    type: z.enum(['SecretText', 'SecretFile']).default('SecretText'),
    spec: secretSource,
  })
  .meta({ id: 'Secret' })
export type Secret = z.infer<typeof secret>

/**
 * A sealed value on its way to the store. `record` is the sealing package's versioned record, opaque to the control plane; its
 * `version` must be one more than the stored one (1 for the first), which stops two writers from overwriting each other.
 */
export const sealedValueInput = z
  .strictObject({
    version: z.number().int().min(1),
    record: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'SealedValueInput' })
export type SealedValueInput = z.infer<typeof sealedValueInput>
