import { readFile, rename, writeFile } from 'node:fs/promises'
import { AppError } from '@sluice/base'

/** What stands in a file now; undefined when there is none. Throws `FILE_UNREADABLE`. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new AppError('invalid', 'FILE_UNREADABLE', `The file "${path}" cannot be read.`, { cause })
  }
}

/** Refuses to go on when a file would be lost. Throws `FILE_EXISTS`. */
export async function refuseExisting(path: string, overwrite: boolean): Promise<void> {
  if (overwrite || (await readIfThere(path)) === undefined) return
  throw new AppError('failedPrecondition', 'FILE_EXISTS', `The file "${path}" exists; nothing was written.`, {
    hint: 'Choose another name, or replace it with --overwrite.',
  })
}

/** Writes a whole file or nothing. Throws `FILE_UNWRITABLE`. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const staged = `${path}.${String(process.pid)}.tmp`
  try {
    await writeFile(staged, text)
    await rename(staged, path)
  } catch (cause) {
    throw new AppError('invalid', 'FILE_UNWRITABLE', `The file "${path}" cannot be written.`, { cause })
  }
}
