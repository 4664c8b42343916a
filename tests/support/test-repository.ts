import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A Git repository on disk whose content a test decides. */
export interface TestRepository {
  readonly dir: string
  /** Writes files (undefined removes one), commits, and returns the commit. */
  commit(files: Readonly<Record<string, string | undefined>>): string
  git(...args: string[]): string
}

export function createTestRepository(dir: string): TestRepository {
  mkdirSync(dir, { recursive: true })
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false', ...args], {
      cwd: dir,
      encoding: 'utf8',
    }).trim()
  git('init', '--quiet', '--initial-branch=main', '.')
  return {
    dir,
    git,
    commit(files) {
      for (const [path, text] of Object.entries(files)) {
        const file = join(dir, path)
        mkdirSync(dirname(file), { recursive: true })
        if (text === undefined) rmSync(file)
        else writeFileSync(file, text)
      }
      git('add', '--all')
      git('commit', '--quiet', '--allow-empty', '--message', 'Change')
      return git('rev-parse', 'HEAD')
    },
  }
}
