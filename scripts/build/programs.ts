import { existsSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { type BuiltFile, commonOptions } from './common-options.ts'
import { bundleFirstFile, type FirstFileName, firstFileNames } from './first-file.ts'
import { bundlePlugins, commonJsZod } from './plugins.ts'
import { makeScripts } from './scripts.ts'

export interface BuildContext {
  readonly root: string
  readonly dist: string
  readonly version: string
}

/**
 * The programs, and how they are bundled. `modules`: files that are loaded as they are needed, behind a first one that turns on Node's compile
 * cache (the server's main.ts does that itself). `scripts`: the same as scripts that run with the code that earlier runs have compiled, for what
 * is started anew for each piece of work. "cli-db" is the part of "cli" that works on databases.
 */
const programs = { server: 'modules', delegate: 'modules', runner: 'scripts', cli: 'modules', 'cli-db': 'scripts' } as const

type ProgramName = keyof typeof programs

/** Packages written for CommonJS expect these; made only when they are used, since every file of every bundle begins with them. */
const commonJs =
  "const require = (id) => process.getBuiltinModule('node:module').createRequire(import.meta.url)(id), " +
  '__filename = import.meta.filename, __dirname = import.meta.dirname'

/** Compiling its schemas to code pays after thousands of values: https://zod.dev/packages/core. A program that checks a few does without. */
const zodWithoutCompiler = 'globalThis.__zod_globalConfig = { jitless: true }'

/** What is read for one piece of work is read faster when it is short; lines are kept short enough to be found. */
const brief = { minifyWhitespace: true, lineLimit: 160 } as const

/** Bundles every app that has a main.ts into `dist`, all files on one level. Returns the names of the files. */
export async function buildPrograms(context: BuildContext): Promise<readonly string[]> {
  const names = (Object.keys(programs) as ProgramName[]).filter((name) => existsSync(mainOf(context, name)))
  // Each for itself: a program that is broken for the moment keeps nobody from working on another.
  const results = await Promise.allSettled(names.map((name) => buildProgram(context, name)))
  const broken = names.filter((_, index) => results[index]?.status === 'rejected')
  const files = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
  const first = await Promise.all(firstFiles(names, broken).map((name) => bundleFirstFile(context.root, name, files)))
  // The first files last: they name the others.
  for (const { name, contents } of [...files, ...first]) {
    // Never half a file for a program that starts at this moment.
    const staged = join(context.dist, `.${name}.new`)
    await writeFile(staged, contents)
    await rename(staged, join(context.dist, name))
  }
  if (broken.length > 0) throw new Error(`These programs could not be built: ${broken.join(', ')}.`)
  return [...files, ...first].map((file) => file.name)
}

/** The programs with a first file of its own of which no part is broken. */
function firstFiles(names: readonly ProgramName[], broken: readonly ProgramName[]): FirstFileName[] {
  const isCliWhole = !broken.includes('cli') && !broken.includes('cli-db')
  return firstFileNames.filter((name) => names.includes(name) && !broken.includes(name) && (name !== 'cli' || isCliWhole))
}

function mainOf(context: BuildContext, name: string): string {
  return join(context.root, 'apps', name === 'cli-db' ? 'cli/src/main-db.ts' : `${name}/src/main.ts`)
}

async function buildProgram({ root, dist, version }: BuildContext, name: ProgramName): Promise<BuiltFile[]> {
  const isScripts = programs[name] === 'scripts'
  const isBrief = name === 'cli' || isScripts
  const { outputFiles } = await build({
    ...commonOptions(root),
    entryPoints: [{ in: mainOf({ root, dist, version }, name), out: name === 'server' ? name : `${name}-main` }],
    // Nothing is written here: names and maps are the same wherever the files will stand.
    outdir: join(root, 'dist'),
    // One level: code that looks for files beside itself finds them from every bundle.
    chunkNames: `${name}-[name]-[hash]`,
    format: 'esm',
    splitting: true,
    sourcemap: 'linked',
    sourcesContent: false,
    define: { SLUICE_VERSION: JSON.stringify(version) },
    banner: { js: isBrief ? `${commonJs};${zodWithoutCompiler}` : commonJs },
    ...(isBrief ? brief : {}),
    ...(isScripts
      ? { banner: {}, outExtension: { '.js': '.cjs' }, sourcemap: 'inline', plugins: [commonJsZod, ...bundlePlugins] }
      : {}),
  })
  const files = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }))
  return isScripts ? makeScripts(files, zodWithoutCompiler) : files
}
