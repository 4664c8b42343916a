import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, limits } from '@sluice/base'
import type { OutputNames } from './script-files.ts'

/** What a script left behind, by output name; what it did not set is not there. */
export type ScriptOutputs = ReadonlyMap<string, Buffer>

/**
 * Reads a step's declared outputs: a file each in `folder`, and `NAME=value` lines of `linesFile`, which win. Throws `OUTPUTS_TOO_LARGE`.
 * The files are the step's: links are not followed, and nothing but regular files is read.
 */
export function readOutputs(folder: string, linesFile: string, names: OutputNames): ScriptOutputs {
  const outputs = new Map<string, Buffer>()
  for (const { name } of names) {
    const bytes = readBounded(join(folder, name))
    if (bytes !== undefined) outputs.set(name, bytes)
  }
  for (const line of (readBounded(linesFile) ?? Buffer.alloc(0)).toString('utf8').split('\n')) {
    const equals = line.indexOf('=')
    const name = line.slice(0, Math.max(0, equals)).trim()
    if (names.some((output) => output.name === name)) outputs.set(name, Buffer.from(line.slice(equals + 1).replace(/\r$/, '')))
  }
  const size = [...outputs].reduce((sum, [name, value]) => sum + JSON.stringify([name, value.toString('utf8')]).length, 0)
  if (size > limits.outputBytesMax) throw tooLarge()
  return outputs
}

/** A regular file's bytes; undefined when it is none, or not there. Throws `OUTPUTS_TOO_LARGE`. */
export function readBounded(path: string): Buffer | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return undefined
  }
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) return undefined
    if (stat.size > limits.outputBytesMax) throw tooLarge()
    const buffer = Buffer.alloc(stat.size)
    return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, 0))
  } finally {
    closeSync(file)
  }
}

function tooLarge(): AppError {
  return new AppError(
    'limitExceeded',
    'OUTPUTS_TOO_LARGE',
    `The outputs of the step are larger than ${String(limits.outputBytesMax)} bytes.`,
    {
      hint: 'Write large results to a file of the workspace, and pass its name.',
    },
  )
}
