import { createRequire } from 'node:module'
import { dirname, relative } from 'node:path'
import type { Plugin } from 'esbuild'

/** zod brings its messages in fifty languages, a third of a megabyte that every program would read at its start; ours are English. */
const englishZod: Plugin = {
  name: 'english-zod',
  setup: (plugin) => {
    plugin.onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.c?js$/ }, ({ path }) => ({
      contents: path.endsWith('.cjs') ? "exports.en = require('./en.cjs').default" : "export { default as en } from './en.js'",
      resolveDir: dirname(path),
    }))
  },
}

/**
 * zod as the CommonJS modules that it also ships. In a script, the functions of every ES module stand side by side, and V8 reads an entry for
 * each of zod's fifteen hundred at every start; those of a CommonJS module stand in a function of their own, which waits for its call. What
 * we import of it is named, or each of our modules would copy its list of three hundred names.
 */
export const commonJsZod: Plugin = {
  name: 'commonjs-zod',
  setup: (plugin) => {
    plugin.onResolve({ filter: /^zod$/ }, ({ path, importer, kind }) =>
      kind === 'import-statement'
        ? { path: createRequire(importer).resolve(path), namespace: 'commonjs-zod', sideEffects: false }
        : undefined,
    )
    plugin.onLoad({ filter: /./, namespace: 'commonjs-zod' }, ({ path }) => ({
      contents: `const zod = require(${JSON.stringify(path)}); export const z = zod.z, config = zod.config`,
      resolveDir: dirname(path),
    }))
  },
}

/** Libraries of functions alone, of which most runs of a program call none. */
const lateBuiltins: ReadonlySet<string> = new Set(['node:fs/promises', 'node:zlib', 'node:stream/consumers'])

/**
 * A static import of a module of Node reads every value that it exports, used or not, and some of those load whole libraries: `node:fs` the
 * line editor, `node:process` worker threads, `node:http` a second HTTP client; 80 ms of a start all together. Read one by one and only
 * where they are used, they load what they need.
 */
const leanBuiltins: Plugin = {
  name: 'lean-builtins',
  setup: (plugin) => {
    // Names of modules stand in bundles, which are the same wherever they are made.
    const root = plugin.initialOptions.absWorkingDir ?? ''
    // Each file gets its own, or the bundler would put what several share into files that cost more to find than this saves.
    plugin.onResolve({ filter: /^node:/ }, ({ path, kind, importer }) =>
      kind === 'import-statement'
        ? { path, suffix: `?${relative(root, importer)}`, namespace: 'lean-builtins', sideEffects: false }
        : undefined,
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

/** What every bundle is made with. */
export const bundlePlugins: Plugin[] = [englishZod, leanBuiltins, lateYaml]
