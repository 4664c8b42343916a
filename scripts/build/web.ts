import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Builds the web UI into dist/web with Vite. Undefined, and nothing done, where there is none. */
export async function buildWeb({ root, dist }: { root: string; dist: string }): Promise<readonly string[] | undefined> {
  const folder = join(root, 'apps/web')
  const configFile = join(folder, 'vite.config.ts')
  if (!existsSync(configFile)) return undefined
  const { build } = await import('vite')
  await build({ root: folder, configFile, logLevel: 'warn', build: { outDir: join(dist, 'web'), emptyOutDir: true } })
  return []
}
