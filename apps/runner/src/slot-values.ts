import { closeSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, limits } from '@sluice/base'
import type { SlotValue } from '@sluice/contract'

/** The descriptor over which the executor hands secret values to the runner: JSON `{slot: base64}`, read to its end, then closed. */
export const slotValuesDescriptor = 3

/** Secret values by slot. They live in this process's memory only. */
export type SlotValues = ReadonlyMap<string, Buffer>

/** Reads all slot values from the inherited descriptor. Throws `AppError` when the descriptor is missing or what it holds is broken. */
export function readSlotValues(descriptor: number = slotValuesDescriptor): SlotValues {
  let bytes: Buffer
  try {
    bytes = readFileSync(descriptor)
    closeSync(descriptor)
  } catch (cause) {
    throw new AppError('internal', 'SLOT_VALUES_MISSING', 'The executor passed no secret values to the runner.', { cause })
  }
  return decodeSlotValues(bytes)
}

/** Values from a folder with a file for each slot, as a mounted Secret has them. Throws `AppError` when it cannot be read. */
export function readSlotFolder(folder: string): SlotValues {
  try {
    // Kubernetes keeps its own links and folders beside the files; their names begin with two dots.
    const names = readdirSync(folder).filter((name) => !name.startsWith('.'))
    return new Map(names.map((name) => [name, boundedValue(name, readFileSync(join(folder, name)))]))
  } catch (cause) {
    throw new AppError('internal', 'SLOT_VALUES_MISSING', `The secret values in "${folder}" cannot be read.`, { cause })
  }
}

/** Values from JSON `{slot: base64}`; the bytes are zeroed. Throws `AppError` that does not quote them. */
export function decodeSlotValues(bytes: Buffer): SlotValues {
  try {
    const entries = Object.entries(JSON.parse(bytes.toString('utf8')) as Record<string, string>)
    return new Map(entries.map(([slot, base64]) => [slot, boundedValue(slot, Buffer.from(base64, 'base64'))]))
  } catch {
    // The cause is left out on purpose: a JSON error quotes the text, which is secret.
    throw new AppError('internal', 'SLOT_VALUES_BROKEN', 'What the executor passed as secret values cannot be read.')
  } finally {
    bytes.fill(0)
  }
}

function boundedValue(slot: string, value: Buffer): Buffer {
  if (value.length > limits.secretBytesMax)
    throw new AppError('limitExceeded', 'SLOT_VALUE_TOO_LARGE', `The value of slot "${slot}" is too large.`)
  return value
}

/** The text of a literal or of a slot. Throws `AppError` when the slot has no value. */
export function textOf(value: SlotValue | undefined, slots: SlotValues): string | undefined {
  if (value === undefined) return undefined
  if (value.kind === 'literal') return value.text
  const bytes = slots.get(value.slot)
  if (bytes === undefined)
    throw new AppError('internal', 'SLOT_VALUE_MISSING', `The delegate passed no value for slot "${value.slot}".`)
  return bytes.toString('utf8')
}
