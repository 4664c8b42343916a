import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface AllowedImports {
  readonly packages: Readonly<Record<string, readonly string[]>>
  readonly apps: Readonly<Record<string, readonly string[]>>
  readonly pure: readonly string[]
}

const begin = '<!-- imports:begin -->'
const end = '<!-- imports:end -->'

/** ARCHITECTURE.md with its table of imports made from the data that the architecture tests enforce. */
export function renderArchitecture(root: string): string {
  const allowed = JSON.parse(readFileSync(join(root, 'tests/architecture/allowed-imports.json'), 'utf8')) as AllowedImports
  const row = (folder: string, name: string, imports: readonly string[]): string => {
    const { description } = JSON.parse(readFileSync(join(root, folder, name, 'package.json'), 'utf8')) as { description: string }
    return `| ${folder === 'apps' ? `apps/${name}` : name} | ${description} | ${imports.join(', ') || '–'} | ${allowed.pure.includes(name) ? 'yes' : ''} |`
  }
  const table = [
    '| | what it is | may import | pure |',
    '| --- | --- | --- | --- |',
    ...Object.entries(allowed.packages).map(([name, imports]) => row('packages', name, imports)),
    ...Object.entries(allowed.apps).map(([name, imports]) => row('apps', name, imports)),
  ].join('\n')
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  return from < 0 || to < from ? text : `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`
}
