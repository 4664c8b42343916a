import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openTempDir } from '@sluice/testkit'
import type { TempDir } from '@sluice/testkit'
import { removed } from './model.ts'

/** A new folder with these files. */
export async function writeFiles(files: Readonly<Record<string, string>>): Promise<TempDir> {
  const folder = await openTempDir()
  changeFiles(folder.path, files)
  return folder
}

/** Writes files into a folder; those that a step removes go. */
export function changeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name)
    if (text === removed) {
      rmSync(path)
      continue
    }
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}
