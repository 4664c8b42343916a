import { mkdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { constants, Script } from 'node:vm'
import { readCachedCode, writeCachedCode } from './cache-file.ts'
import { kindsMax } from './kinds-of-work.ts'
import type { Program } from './program.ts'

/** What the file of a program is: one expression, a function in the manner of CommonJS. */
type ProgramFunction = (
  exports: object,
  require: (id: string) => unknown,
  module: { exports: object },
  filename: string,
  dirname: string,
) => void

/**
 * Runs a program that is one file, with the code that V8 compiled in earlier runs, and settles when the program is done.
 *
 * Node's own compile cache keeps what V8 compiles when it first sees a file, which is the outermost code alone: every function is compiled
 * anew in each process. Code that is taken from a script at the end of a run has all functions that ran:
 * https://nodejs.org/api/vm.html#scriptcreatecacheddata. It is kept in the first of `folders` that can be written, when a run that ended well
 * did some kind of work that is not in what is kept; it is read from the first that has it. A cache that is missing, damaged or another
 * V8's costs time, and nothing else.
 *
 * The file is ASCII, its name changes with its content (the cache is found by its name), and nothing in it is secret.
 */
export async function runBundle(file: string, folders: readonly string[]): Promise<void> {
  const name = `${basename(file)}-${process.version}-${process.arch}.code`
  let cached
  for (const folder of folders) cached ??= readCachedCode(join(folder, name))
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: file,
    cachedData: cached?.code,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  const kept = script.cachedDataRejected === false ? (cached?.kinds ?? []) : undefined
  const run = script.runInThisContext() as ProgramFunction
  const module: { exports: Partial<Program> } = { exports: {} }
  process.once('exit', (code) => {
    const { kindsOfWork } = module.exports
    if (code !== 0 || kindsOfWork === undefined) return
    const fresh = [...kindsOfWork].filter((kind) => kept?.includes(kind) !== true)
    if (kept !== undefined && (fresh.length === 0 || kept.length + fresh.length > kindsMax)) return
    keepCode(script, [...(kept ?? []), ...fresh], name, folders)
  })
  run(module.exports, requireOf(file), module, file, dirname(file))
  await module.exports.done
}

/** Best effort: where nothing can be written, programs start as they did. */
function keepCode(script: Script, kinds: readonly string[], name: string, folders: readonly string[]): void {
  const code = script.createCachedData()
  for (const folder of folders) {
    try {
      mkdirSync(folder, { recursive: true })
      writeCachedCode(join(folder, name), { code, kinds })
      return
    } catch {
      // The next may be writable.
    }
  }
}

/** Modules of Node, nearly always; making a real `require` takes a millisecond. */
function requireOf(file: string): (id: string) => unknown {
  return (id) => process.getBuiltinModule(id) ?? process.getBuiltinModule('node:module').createRequire(file)(id)
}
