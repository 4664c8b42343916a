import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TempDir extends AsyncDisposable {
  readonly path: string
}

/** A new folder that is removed with all it holds at the end of the scope (`await using`). */
export async function openTempDir(): Promise<TempDir> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-test-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) }
}

/** Runs `work` with a new folder and removes it afterwards, whatever happened. */
export async function withTempDir<T>(work: (path: string) => Promise<T> | T): Promise<T> {
  await using dir = await openTempDir()
  return await work(dir.path)
}
