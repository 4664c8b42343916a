import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** The repository. */
export const root = resolve(import.meta.dirname, '../..')

export interface ImportStatement {
  readonly specifier: string
  /** `import type`, `export type`: gone at run time. */
  readonly isType: boolean
  readonly line: number
}

export interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string
  /** `packages/base`, `apps/cli`, `tests`, `scripts`, …: what the rules are about. */
  readonly unit: string
  readonly isTest: boolean
  readonly text: string
  /** The text without comments, at the same lines. */
  readonly code: string
  readonly imports: readonly ImportStatement[]
}

const skippedFolders = new Set(['node_modules', 'dist', 'testdata', 'coverage', 'test-results'])

/** All TypeScript of the repository, read once. */
export const sourceFiles: readonly SourceFile[] = ['packages', 'apps', 'scripts', 'packaging', 'tests', 'bench', 'examples']
  .flatMap((folder) => listFiles(join(root, folder)))
  .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
  .map(readSource)

/** Files below a folder that exists, without installed and generated ones. */
export function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : listFiles(join(folder, entry.name))
      return entry.isFile() ? [join(folder, entry.name)] : []
    })
  } catch {
    // Not there (yet).
    return []
  }
}

function readSource(absolute: string): SourceFile {
  const path = relative(root, absolute).replaceAll('\\', '/')
  const parts = path.split('/')
  const unit = parts[0] === 'packages' || parts[0] === 'apps' ? parts.slice(0, 2).join('/') : (parts[0] ?? '')
  const text = readFileSync(absolute, 'utf8')
  const code = blankComments(text)
  const isTest = /\.(test|e2e)\.tsx?$/.test(path) || unit === 'tests' || /\/testing\/|\/test-[a-z-]+\.tsx?$/.test(path)
  return { path, unit, isTest, text, code, imports: findImports(code) }
}

/** Replaces comments by spaces, leaving strings, templates and regular expressions alone as far as a scanner without a parser can. */
export function blankComments(text: string): string {
  const pattern = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g
  return text.replaceAll(pattern, (match, offset: number) => {
    const isComment = match.startsWith('/*') || (match.startsWith('//') && text[offset - 1] !== '\\' && text[offset - 1] !== ':')
    return isComment ? match.replaceAll(/[^\n]/g, ' ') : match
  })
}

function findImports(code: string): ImportStatement[] {
  const pattern =
    /(?:^|[\n;])\s*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?(['"])([^'"\n]+)\2|\bimport\(\s*(['"])([^'"\n]+)\4\s*\)/g
  return [...code.matchAll(pattern)].map((match) => ({
    specifier: match[3] ?? match[5] ?? '',
    isType: match[1] !== undefined,
    line: code.slice(0, (match.index ?? 0) + match[0].length).split('\n').length,
  }))
}

/** `@sluice/base` → `packages/base`; undefined for anything that is not ours. */
export function unitOf(specifier: string): string | undefined {
  const name = /^@sluice\/([^/]+)/.exec(specifier)?.[1]
  if (name === undefined) return undefined
  return ['server', 'delegate', 'runner', 'cli', 'web'].includes(name) ? `apps/${name}` : `packages/${name}`
}

/** The npm package that a specifier names; undefined for relative paths and Node's own modules. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:') || specifier.startsWith('/')) return undefined
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** Where a relative import leads, from the root. */
export function resolveRelative(file: SourceFile, specifier: string): string {
  return relative(root, resolve(root, dirname(file.path), specifier)).replaceAll('\\', '/')
}

/** The cycles of a graph, each once, as the names along it. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = []
  const done = new Set<string>()
  const path: string[] = []
  const onPath = new Set<string>()
  const visit = (node: string): void => {
    if (onPath.has(node)) {
      cycles.push([...path.slice(path.indexOf(node)), node])
      return
    }
    if (done.has(node)) return
    path.push(node)
    onPath.add(node)
    for (const next of graph.get(node) ?? []) visit(next)
    path.pop()
    onPath.delete(node)
    done.add(node)
  }
  for (const node of graph.keys()) visit(node)
  return cycles
}
