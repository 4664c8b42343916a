import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

export interface TestRepository {
  readonly path: string
  /** Runs Git in the repository, as somebody; gives what it printed. */
  readonly git: (...args: readonly string[]) => string
}

/** An empty repository with the branch `main`, in a folder that is made. */
export function createTestRepository(path: string): TestRepository {
  mkdirSync(path)
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args], { cwd: path, encoding: 'utf8' }).trim()
  git('init', '--quiet', '--initial-branch=main', '.')
  return { path, git }
}
