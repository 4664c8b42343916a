import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, createId } from '@sluice/base'
import type { GitSource } from '@sluice/contract'
import { type GitCredentials, type GitOptions, runGit } from './git-command.ts'
import { retryWhileUnavailable, type RetryOptions } from './retry-while-unavailable.ts'
import { type SlotValues, textOf } from './slot-values.ts'

export interface Checkout {
  /** The repository's files at the resolved commit. */
  readonly dir: string
  /** Full commit id. */
  readonly commit: string
}

export interface FetchOptions extends RetryOptions {
  /** Work folder of the attempt; checkouts and the credential script go below it. */
  readonly workDir: string
  readonly slots: SlotValues
  /** The commit this execution already resolved for the source. It wins over the revision. */
  readonly pinnedCommit: string | undefined
  /** What Git prints. */
  readonly onLine: (line: string) => void
}

/**
 * Fetches one commit of a source into a folder of its own and checks it out. Throws `AppError` `GIT_REVISION_NOT_FOUND` when the
 * branch, tag or commit is not there, `GIT_UNREACHABLE` when the host could not be reached for all of `connectRetryMs`, and `GIT_FAILED`
 * for everything else that Git refuses.
 */
export async function fetchGitSource(source: GitSource, options: FetchOptions): Promise<Checkout> {
  const dir = join(options.workDir, 'sources', createId('src'))
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const askpassScript = writeAskpassScript(options.workDir)
  const sshKeyFile = writeSshKey(source, options)
  const credentials: GitCredentials = {
    username: textOf(source.username, options.slots),
    password: textOf(source.password, options.slots),
    sshKeyFile,
  }
  const git = (args: readonly string[]): Promise<string> =>
    runGit(args, {
      cwd: dir,
      protocols: protocolsOf(source.url),
      askpassScript,
      credentials,
      signal: options.signal,
      onLine: options.onLine,
    } satisfies GitOptions)
  try {
    createRepository(dir)
    const fetched = await retryWhileUnavailable(() => fetchCommit(source, options.pinnedCommit, git), options)
    await git(['-c', 'advice.detachedHead=false', 'checkout', '--quiet', '--detach', fetched])
    // Detached, it is the commit's id itself.
    return { dir, commit: readFileSync(join(dir, '.git/HEAD'), 'utf8').trim() }
  } finally {
    if (sshKeyFile !== undefined) rmSync(sshKeyFile, { force: true })
  }
}

/** What `git init` makes, but for what nobody needs here: https://git-scm.com/docs/gitrepository-layout. A process less is time saved. */
function createRepository(dir: string): void {
  for (const folder of ['objects', 'refs/heads']) mkdirSync(join(dir, '.git', folder), { recursive: true })
  writeFileSync(join(dir, '.git/HEAD'), 'ref: refs/heads/none\n')
  writeFileSync(join(dir, '.git/config'), '[core]\n\trepositoryformatversion = 0\n\tbare = false\n')
}

/** Fetches the commit and returns a name that Git has for it. */
async function fetchCommit(
  source: GitSource,
  pinnedCommit: string | undefined,
  git: (args: readonly string[]) => Promise<string>,
): Promise<string> {
  const { kind, name } = source.revision
  const wanted = pinnedCommit ?? (kind === 'commit' ? name : kind === 'branch' ? `refs/heads/${name}` : `refs/tags/${name}`)
  try {
    await git(['fetch', '--quiet', '--no-tags', '--depth', '1', '--end-of-options', source.url, wanted])
    return 'FETCH_HEAD'
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'GIT_FAILED') throw error
    const isCommit = pinnedCommit !== undefined || kind === 'commit'
    if (!isCommit) {
      if (/couldn't find remote ref|no such ref/i.test(error.message)) throw notFound(source, error)
      throw error
    }
    // Servers may refuse to hand out a bare commit id, and abbreviated ids are no refs: get all branches and tags and look.
    await git(['fetch', '--quiet', '--tags', '--end-of-options', source.url, '+refs/heads/*:refs/remotes/origin/*'])
    return git(['rev-parse', '--verify', '--end-of-options', `${wanted}^{commit}`]).then(
      (text) => text.trim(),
      (cause: unknown) => {
        throw notFound(source, cause)
      },
    )
  }
}

function notFound(source: GitSource, cause: unknown): AppError {
  const { kind, name } = source.revision
  return new AppError('notFound', 'GIT_REVISION_NOT_FOUND', `The ${kind} "${name}" is not in the repository "${source.url}".`, {
    hint: `Check the ${kind === 'commit' ? 'commitSha' : kind === 'tag' ? 'gitTag' : 'branch'} of the DB instance, or push it.`,
    cause,
  })
}

/** Git's transports for a URL. A path means a repository on the delegate's own host, which its policy has allowed. */
function protocolsOf(url: string): readonly string[] {
  if (/^https?:/i.test(url)) return ['http', 'https']
  if (/^ssh:/i.test(url) || /^[^/:]+@[^/:]+:/.test(url)) return ['ssh']
  return ['file']
}

function writeAskpassScript(workDir: string): string {
  const path = join(workDir, 'askpass.sh')
  if (!existsSync(path))
    writeFileSync(path, '#!/bin/sh\ncase "$1" in\n  Username*) cat <&3 ;;\n  *) cat <&4 ;;\nesac\n', { mode: 0o700 })
  return path
}

/** SSH wants a file: it lies in memory-backed storage and goes away with the fetch. */
function writeSshKey(source: GitSource, options: FetchOptions): string | undefined {
  const key = textOf(source.sshKey, options.slots)
  if (key === undefined) return undefined
  if (!existsSync('/dev/shm')) {
    throw new AppError(
      'failedPrecondition',
      'SSH_KEY_NO_TMPFS',
      'An SSH key needs memory-backed storage at /dev/shm, and this host has none.',
      {
        hint: 'Use an https connector with a token here.',
      },
    )
  }
  const path = join('/dev/shm', createId('sluice'))
  writeFileSync(path, key.endsWith('\n') ? key : `${key}\n`, { mode: 0o600, flag: 'wx' })
  return path
}
