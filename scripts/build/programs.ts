import { existsSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { build } from 'esbuild'
import type { Plugin } from 'esbuild'

export interface BuildContext {
  readonly root: string
  readonly dist: string
  readonly version: string
}

/**
 * The programs, and whether their first file only turns on V8's compile cache before it loads the rest. The server's main.ts does
 * that itself. "cli-db" is the part of "cli" that runs "sluice db", in a bundle of its own: built alone it is in fewer files.
 */
const programs = { server: false, delegate: true, runner: true, cli: true, 'cli-db': false } as const

/** Packages written for CommonJS expect these; made only when they are used, since every file of every bundle begins with them. */
const commonJs =
  "const require = (id) => process.getBuiltinModule('node:module').createRequire(import.meta.url)(id), " +
  '__filename = import.meta.filename, __dirname = import.meta.dirname'

/** zod brings its messages in fifty languages, a third of a megabyte that every program would read at its start; ours are English. */
const englishZod: Plugin = {
  name: 'english-zod',
  setup: (plugin) => {
    plugin.onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js'",
      resolveDir: dirname(path),
    }))
  },
}

/** Libraries of functions alone, of which most runs of a program call none. */
const lateBuiltins: ReadonlySet<string> = new Set(['node:fs/promises', 'node:zlib', 'node:stream/consumers'])

/** Compiling its schemas to code pays after thousands of values: https://zod.dev/packages/core. A program that checks a few does without. */
const zodWithoutCompiler = 'globalThis.__zod_globalConfig = { jitless: true }'

/**
 * A static import of a module of Node reads every value that it exports, used or not, and some of those load whole libraries: `node:fs` the
 * line editor, `node:process` worker threads, `node:http` a second HTTP client; 80 ms of a start all together. Read one by one and only
 * where they are used, they load what they need.
 */
const leanBuiltins: Plugin = {
  name: 'lean-builtins',
  setup: (plugin) => {
    // Each file gets its own, or the bundler would put what several share into files that cost more to find than this saves.
    plugin.onResolve({ filter: /^node:/ }, ({ path, kind, importer }) =>
      kind === 'import-statement' ? { path, suffix: `?${importer}`, namespace: 'lean-builtins', sideEffects: false } : undefined,
    )
    plugin.onLoad({ filter: /./, namespace: 'lean-builtins' }, ({ path }) => {
      const load = `process.getBuiltinModule(${JSON.stringify(path)})`
      const builtin = (process.getBuiltinModule(path) ?? {}) as Readonly<Record<string, unknown>>
      const names = Object.keys(builtin).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default')
      const exports = names.map((name, index) => {
        const isLate = lateBuiltins.has(path) && typeof builtin[name] === 'function' && /^[a-z]/.test(name)
        const value = isLate ? `(...args) => read('${name}')(...args)` : `/* @__PURE__ */ read('${name}')`
        return `const value${index} = ${value}; export { value${index} as ${name} }`
      })
      return {
        contents: [
          `const read = (name) => ${load}[name]`,
          ...exports,
          // The default export is the whole module. Commander has it of processes for subcommands that are programs; we have none.
          path === 'node:child_process'
            ? `export default /* @__PURE__ */ new Proxy({}, { get: (_, name) => ${load}[name] })`
            : `export default /* @__PURE__ */ (() => ${load})()`,
        ].join('\n'),
      }
    })
  },
}

/** The full YAML parser, which changelogs rarely need beside the engine's quick one, is evaluated when it is first called. */
const lateYaml: Plugin = {
  name: 'late-yaml',
  setup: (plugin) => {
    plugin.onResolve({ filter: /^yaml$/ }, ({ importer, kind }) =>
      kind === 'import-statement' && /[/\\]packages[/\\]changelog[/\\]/.test(importer)
        ? { path: 'yaml', namespace: 'late-yaml', pluginData: dirname(importer), sideEffects: false }
        : undefined,
    )
    plugin.onLoad({ filter: /./, namespace: 'late-yaml' }, ({ pluginData }) => ({
      contents: [
        "const late = (name) => new Proxy(function () {}, { apply: (_, self, args) => require('yaml')[name](...args),",
        "  construct: (_, args) => new (require('yaml')[name])(...args) })",
        ...['isAlias', 'isMap', 'isNode', 'isScalar', 'isSeq', 'LineCounter', 'parseDocument'].map(
          (name) => `export const ${name} = /* @__PURE__ */ late('${name}')`,
        ),
      ].join('\n'),
      resolveDir: pluginData as string,
    }))
  },
}

/** Bundles every app that has a main.ts into `dist`, all files on one level. Returns the names of the files. */
export async function buildPrograms(context: BuildContext): Promise<readonly string[]> {
  const names = (Object.keys(programs) as (keyof typeof programs)[]).filter((name) => existsSync(mainOf(context, name)))
  // Each for itself: a program that is broken for the moment keeps nobody from working on another.
  const results = await Promise.allSettled(names.map((name) => buildProgram(context, name)))
  const broken = names.filter((_, index) => results[index]?.status === 'rejected')
  if (broken.length > 0) throw new Error(`These programs could not be built: ${broken.join(', ')}.`)
  return results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
}

function mainOf(context: BuildContext, name: string): string {
  return join(context.root, 'apps', name === 'cli-db' ? 'cli/src/main-db.ts' : `${name}/src/main.ts`)
}

async function buildProgram({ root, dist, version }: BuildContext, name: keyof typeof programs): Promise<string[]> {
  const isWrapped = programs[name]
  const isBrief = name === 'cli' || name === 'cli-db' || name === 'runner'
  const result = await build({
    absWorkingDir: root,
    entryPoints: [{ in: mainOf({ root, dist, version }, name), out: isWrapped ? `${name}-main` : name }],
    outdir: dist,
    // One level: code that looks for files beside itself finds them from every bundle.
    chunkNames: `${name}-[name]-[hash]`,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // The compile cache makes parsing cheap; names stay readable in stack traces.
    minifySyntax: true,
    // What is read for one piece of work is read faster when it is short; lines are kept short enough to be found.
    ...(isBrief ? { minifyWhitespace: true, lineLimit: 160 } : {}),
    sourcemap: 'linked',
    sourcesContent: false,
    define: { SLUICE_VERSION: JSON.stringify(version) },
    banner: { js: isBrief ? `${commonJs};${zodWithoutCompiler}` : commonJs },
    // pg's optional native binding.
    external: ['pg-native'],
    plugins: [englishZod, leanBuiltins, lateYaml],
    legalComments: 'none',
    logLevel: 'error',
    logLimit: 5,
    write: false,
    metafile: false,
  })
  const files = result.outputFiles.map(({ path, contents }) => ({
    name: basename(path),
    contents: contents as Uint8Array | string,
  }))
  if (isWrapped) files.push({ name: `${name}.js`, contents: wrapper(name) })
  for (const { name: file, contents } of files) {
    // Never half a file for a program that starts at this moment.
    const staged = join(dist, `.${file}.new`)
    await writeFile(staged, contents)
    await rename(staged, join(dist, file))
  }
  return files.map((file) => file.name)
}

/** Static imports would be compiled before the cache is on; so the first file has none. */
function wrapper(name: string): string {
  return [
    '#!/usr/bin/env node',
    "import { enableCompileCache } from 'node:module'",
    "enableCompileCache(new URL('.compile-cache', import.meta.url).pathname)",
    // The path is chosen, not computed: nothing but these files can be meant.
    name === 'cli'
      ? "await (process.argv[2] === 'db' ? import('./cli-db.js') : import('./cli-main.js'))"
      : `await import('./${name}-main.js')`,
    '',
  ].join('\n')
}
