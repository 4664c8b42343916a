import type { BuildOptions } from 'esbuild'
import { bundlePlugins } from './plugins.ts'

/** What all of our bundles have in common; the caller writes the files. */
export function commonOptions(root: string): BuildOptions & { readonly write: false } {
  return {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node24',
    // The compile cache makes parsing cheap; names stay readable in stack traces.
    minifySyntax: true,
    // pg's optional native binding.
    external: ['pg-native'],
    plugins: bundlePlugins,
    legalComments: 'none',
    logLevel: 'error',
    logLimit: 5,
    write: false,
    metafile: false,
  }
}

/** What a build has made, to be written into `dist`. */
export interface BuiltFile {
  readonly name: string
  readonly contents: Uint8Array
}
