import { isAscii } from 'node:buffer'
import { createHash } from 'node:crypto'
import { transform } from 'esbuild'
import type { BuiltFile } from './common-options.ts'

/**
 * Makes the modules of a bundle, with their maps inside, into what `runBundle` of @sluice/code-cache runs: scripts of one expression each, a
 * function in the manner of CommonJS. The first module gets a name that follows from its content, as the others have: they name each other,
 * so it changes with every one of them. `prelude` runs before anything else.
 */
export async function makeScripts(modules: readonly BuiltFile[], prelude: string): Promise<BuiltFile[]> {
  const files = await Promise.all(modules.map(async (module) => makeScript(module, prelude)))
  return files.flat()
}

async function makeScript({ name, contents }: BuiltFile, prelude: string): Promise<BuiltFile[]> {
  const isFirst = name.endsWith('-main.cjs')
  const { code, map } = await transform(Buffer.from(contents).toString('utf8'), {
    sourcefile: name,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    // `import()` finds modules; these are scripts.
    supported: { 'dynamic-import': false },
    banner: `(function (exports, require, module, __filename, __dirname) {${isFirst ? prelude : ''}`,
    footer: '})',
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 160,
    sourcemap: 'external',
    sourcesContent: false,
    logOverride: { 'empty-import-meta': 'error' },
  })
  assertAscii(name, code)
  const digest = createHash('sha256').update(code).digest('hex').slice(0, 8)
  const named = isFirst ? name.replace('.cjs', `-${digest}.cjs`) : name
  return [
    { name: named, contents: Buffer.from(`${code}//# sourceMappingURL=${named}.map\n`, 'latin1') },
    { name: `${named}.map`, contents: Buffer.from(map) },
  ]
}

/** Scripts are read byte by byte, one a character. The bundler escapes all but regular expressions. */
function assertAscii(name: string, code: string): void {
  if (isAscii(Buffer.from(code))) return
  throw new Error(`Write this as \\u…: ${/.{0,40}[^\0-\u007f].{0,40}/.exec(code)?.[0] ?? ''} (${name})`)
}
