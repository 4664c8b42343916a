import { mkdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { constants, Script } from 'node:vm'
import { readCachedCode, writeCachedCode, type CachedCode } from './cache-file.ts'
import { kindsMax } from './kinds-of-work.ts'
import type { Program } from './program.ts'

/** What a script of a program is: one expression, a function in the manner of CommonJS. */
type ScriptFunction = (
  exports: object,
  require: (id: string) => unknown,
  module: ScriptModule,
  filename: string,
  dirname: string,
) => void

interface ScriptModule {
  exports: object
}

/**
 * Runs a program with the code that V8 compiled in earlier runs, and settles when the program is done. `file` is its first script; the others
 * stand beside it and are loaded when they are required.
 *
 * Node's own compile cache keeps what V8 compiles when it first sees a file, which is the outermost code alone: every function is compiled
 * anew in each process. Code that is taken from a script at the end of a run has all functions that ran:
 * https://nodejs.org/api/vm.html#scriptcreatecacheddata. It is kept in the first of `folders` that can be written, when a run that ended well
 * did some kind of work that is not in what is kept; it is read from the first that has it. A cache that is missing, damaged or another
 * V8's costs time, and nothing else.
 *
 * The scripts are ASCII, the name of the first changes with the content of any of them (the cache is found by its name), and nothing in them is
 * secret.
 */
export async function runBundle(file: string, folders: readonly string[]): Promise<void> {
  const folder = dirname(file)
  const cacheName = `${basename(file)}-${process.version}-${process.arch}.code`
  let cached: CachedCode | undefined
  for (const candidate of folders) cached ??= readCachedCode(join(candidate, cacheName))
  const scripts = new Map<string, Script>()
  const modules = new Map<string, ScriptModule>()
  const load = (name: string): ScriptModule => {
    const loaded = modules.get(name)
    if (loaded !== undefined) return loaded
    const filename = join(folder, name)
    const script = new Script(readFileSync(filename, 'latin1'), {
      filename,
      cachedData: cached?.scripts.get(name),
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    })
    // Of another V8, or under other flags: then all of it is.
    if (script.cachedDataRejected === true) cached = undefined
    scripts.set(name, script)
    const module: ScriptModule = { exports: {} }
    modules.set(name, module)
    const run = script.runInThisContext() as ScriptFunction
    run(module.exports, require, module, filename, folder)
    return module
  }
  const require = (id: string): unknown => (id.startsWith('./') ? load(id.slice(2)).exports : requireElse(file, id))
  process.once('exit', (code) => {
    const { kindsOfWork }: Partial<Program> = modules.get(basename(file))?.exports ?? {}
    if (code === 0 && kindsOfWork !== undefined) keepCode(scripts, cached, [...kindsOfWork], folders, cacheName)
  })
  const { done }: Partial<Program> = load(basename(file)).exports
  await done
}

/** Adds to what is kept where there is something to add. Best effort: where nothing can be written, programs start as they did. */
function keepCode(
  scripts: ReadonlyMap<string, Script>,
  kept: CachedCode | undefined,
  kinds: readonly string[],
  folders: readonly string[],
  name: string,
): void {
  const known = kept?.kinds ?? []
  const fresh = kinds.filter((kind) => !known.includes(kind))
  if (kept !== undefined && (fresh.length === 0 || known.length + fresh.length > kindsMax)) return
  const code = new Map(kept?.scripts)
  for (const [scriptName, script] of scripts) code.set(scriptName, script.createCachedData())
  for (const folder of folders) {
    try {
      mkdirSync(folder, { recursive: true })
      writeCachedCode(join(folder, name), { scripts: code, kinds: [...known, ...fresh] })
      return
    } catch {
      // The next may be writable.
    }
  }
}

/** Modules of Node, nearly always; making a real `require` takes a millisecond. */
function requireElse(file: string, id: string): unknown {
  return process.getBuiltinModule(id) ?? process.getBuiltinModule('node:module').createRequire(file)(id)
}
