import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { runToEnd } from './child-process.ts'

/**
 * Puts the example's changelog into a Git repository of its own. What is there already is left alone: from then on it is for people to
 * change. Returns the repository's folder.
 */
export async function makeExampleRepository(sourceDir: string, dataDir: string): Promise<string> {
  const dir = join(dataDir, 'example', 'repository')
  mkdirSync(dir, { recursive: true })
  const git = (...args: string[]): Promise<string> =>
    runToEnd(
      'git',
      [
        '-c',
        'user.name=Sluice example',
        '-c',
        'user.email=example@sluice.dev',
        '-c',
        'commit.gpgsign=false',
        '-c',
        'core.hooksPath=/dev/null',
        ...args,
      ],
      { cwd: dir },
    )
  if (!existsSync(join(dir, '.git'))) await git('init', '--quiet', '--initial-branch=main', '.')
  // Without a commit an earlier start did not get to its end.
  if ((await git('for-each-ref', '--count=1', 'refs/heads')).trim() !== '') return dir
  cpSync(sourceDir, dir, { recursive: true })
  await git('add', '--all')
  await git('commit', '--quiet', '--message', 'Describe the shop’s schema')
  return dir
}
