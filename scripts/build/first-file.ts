import { build } from 'esbuild'
import { type BuiltFile, commonOptions } from './common-options.ts'

export const firstFileNames = ['delegate', 'runner', 'cli'] as const

export type FirstFileName = (typeof firstFileNames)[number]

/** The first file of a program, which settles how the rest is loaded. Static imports would be compiled before a cache is on. */
export async function bundleFirstFile(root: string, name: FirstFileName, files: readonly BuiltFile[]): Promise<BuiltFile> {
  const cache = "import.meta.dirname + '/.compile-cache'"
  const modules = `process.getBuiltinModule('node:module').enableCompileCache(${cache}); await import('./${name}-main.js')`
  const file = (program: 'runner' | 'cli-db'): string => {
    const built = files.find((candidate) => candidate.name.startsWith(`${program}-main-`) && candidate.name.endsWith('.cjs'))
    // NODE_COMPILE_CACHE names a folder for programs that cannot write beside themselves.
    const folders = `[${cache}, process.env.NODE_COMPILE_CACHE].filter(Boolean)`
    return `await runBundle(import.meta.dirname + '/${String(built?.name)}', ${folders})`
  }
  // The paths are chosen, not computed: nothing but these files can be meant.
  const contents = {
    delegate: modules,
    runner: file('runner'),
    cli: `if (['db', 'liquibase'].includes(process.argv[2])) ${file('cli-db')}; else { ${modules} }`,
  }[name]
  const { outputFiles } = await build({
    ...commonOptions(root),
    stdin: { contents: `import { runBundle } from '@sluice/code-cache'\n${contents}`, resolveDir: root },
    outfile: `${name}.js`,
    format: 'esm',
    // Not a part of the bundle, but what it loads.
    external: [`./${name}-main.js`],
    minifyWhitespace: true,
    banner: { js: '#!/usr/bin/env node' },
  })
  return { name: `${name}.js`, contents: outputFiles[0]?.contents ?? new Uint8Array() }
}
