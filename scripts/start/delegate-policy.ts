import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExampleDatabase } from './example-databases.ts'

/** The least that the example needs of its delegate: its own project, its own databases, its own local repository, sealed secrets. */
export function writeDelegatePolicy(dir: string, repositoryDir: string, databases: readonly ExampleDatabase[]): string {
  const path = join(dir, 'policy.yaml')
  const lines = [
    '# What this delegate does for its control plane: nothing but the example. Written anew by every ./start.',
    "projects: ['default/default']",
    'targets:',
    ...databases.map(({ port }) => `  - 127.0.0.1:${String(port)}/shop`),
    'secrets:',
    '  env: []',
    'git:',
    '  protocols: []',
    '  allowLocalPaths:',
    `    - ${JSON.stringify(repositoryDir)}`,
    'allowScripts: false',
    '',
  ]
  writeFileSync(path, lines.join('\n'), { mode: 0o600 })
  return path
}
