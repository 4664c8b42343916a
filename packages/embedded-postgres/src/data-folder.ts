import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@sluice/base'

/** Where things stand in a data folder. */
export interface DataFolder {
  readonly dir: string
  /** PostgreSQL's own folder (PGDATA), owned by the user it runs as. */
  readonly clusterDir: string
  readonly logPath: string
  readonly lockPath: string
  readonly statePath: string
}

/** What is known about a data folder between starts. Kept beside the cluster, readable by its owner only. */
export interface FolderState {
  readonly formatVersion: 1
  /** PostgreSQL major version of the cluster. */
  readonly major: number
  /** Whether the files of the new cluster have been flushed to the disk since it was made. */
  readonly synced?: boolean | undefined
  /** Port of the last start. */
  readonly port?: number | undefined
  /** Role → SCRAM verifier, so that a changed password is noticed without connecting. */
  readonly roles: Readonly<Record<string, string>>
  readonly databases: readonly string[]
  /** Durability and settings of the last start, as one comparable text. */
  readonly settings?: string | undefined
  /** Copy of the programs in the temporary folder, to be removed when it is not used any more. */
  readonly temporaryPrograms?: string | undefined
}

/** @throws AppError `EMBEDDED_POSTGRES_FOLDER` when it can be neither used nor made. */
export async function openDataFolder(dir: string): Promise<DataFolder> {
  try {
    await mkdir(dir, { recursive: true })
  } catch (error) {
    throw new AppError('failedPrecondition', 'EMBEDDED_POSTGRES_FOLDER', `The data folder "${dir}" cannot be made.`, {
      hint: 'Choose a folder that this user may write to.',
      cause: error,
    })
  }
  return {
    dir,
    clusterDir: join(dir, 'cluster'),
    logPath: join(dir, 'postgres.log'),
    lockPath: join(dir, 'lock'),
    statePath: join(dir, 'embedded-postgres.json'),
  }
}

/** The state of a folder that has a cluster; undefined for a new one. */
export async function readFolderState(folder: DataFolder, major: number): Promise<FolderState | undefined> {
  if (!existsSync(folder.clusterDir)) return undefined
  let clusterMajor: string
  let state: Partial<FolderState> = {}
  try {
    clusterMajor = (await readFile(join(folder.clusterDir, 'PG_VERSION'), 'utf8')).trim()
    if (existsSync(folder.statePath)) state = JSON.parse(await readFile(folder.statePath, 'utf8')) as Partial<FolderState>
  } catch (error) {
    throw new AppError('failedPrecondition', 'EMBEDDED_POSTGRES_FOLDER', `The data folder "${folder.dir}" cannot be read.`, {
      hint: 'It may belong to another user: start as that user or as root, or choose another folder.',
      cause: error,
    })
  }
  if (Number(clusterMajor) !== major) {
    throw new AppError(
      'failedPrecondition',
      'EMBEDDED_POSTGRES_VERSION_MISMATCH',
      `The data folder "${folder.dir}" was made by PostgreSQL ${clusterMajor}, and this version of Sluice brings PostgreSQL ${major}.`,
      { hint: 'Dump the data with the version of Sluice that made it and load it into a new folder, or choose another folder.' },
    )
  }
  return { ...state, formatVersion: 1, major, roles: state.roles ?? {}, databases: state.databases ?? [] }
}

export async function writeFolderState(folder: DataFolder, state: FolderState): Promise<void> {
  const staged = `${folder.statePath}.${randomUUID()}`
  await writeFile(staged, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 })
  await rename(staged, folder.statePath)
}
