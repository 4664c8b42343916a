import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@sluice/base'
import { readPropertiesFile } from '@sluice/changelog'

/** Largest defaults file, in bytes. */
const bytesMax = 1024 * 1024

export interface DefaultsFiles {
  /** The `.local.properties` first: it wins. */
  readonly files: readonly ReadonlyMap<string, string>[]
  /** The file that was named and is not there: a warning, as in Liquibase. */
  readonly missing: string | undefined
}

/**
 * Reads `liquibase.properties`, or the file that was named, and beside it `<name>.local.properties`. The file is looked for in the current
 * folder, then below the search path's entries. Throws `AppError` `FILE_UNREADABLE`.
 */
export function readDefaultsFiles(named: string | undefined, folders: readonly string[]): DefaultsFiles {
  const name = named ?? 'liquibase.properties'
  const local = name.replace(/\.[^./\\]*$/, (ending) => `.local${ending}`)
  const main = readFirst(name, folders)
  const beside = local === name ? undefined : readFirst(local, folders)
  return {
    files: [beside, main].filter((file) => file !== undefined),
    missing: named !== undefined && main === undefined ? named : undefined,
  }
}

/** One Java properties file as a map; undefined when there is none in any of the folders. Later lines win. */
export function readProperties(path: string): ReadonlyMap<string, string> | undefined {
  let content: Buffer
  try {
    content = readFileSync(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new AppError('invalid', 'FILE_UNREADABLE', `The file "${path}" cannot be read.`, { cause })
  }
  if (content.length > bytesMax)
    throw new AppError('limitExceeded', 'FILE_UNREADABLE', `The file "${path}" is larger than 1 MiB.`)
  return new Map(readPropertiesFile(content.toString('utf8')).map(([key, value]): [string, string] => [key.trim(), value.trim()]))
}

function readFirst(name: string, folders: readonly string[]): ReadonlyMap<string, string> | undefined {
  for (const path of [name, ...(name.startsWith('/') ? [] : folders.map((folder) => join(folder, name)))]) {
    const found = readProperties(path)
    if (found !== undefined) return found
  }
  return undefined
}
