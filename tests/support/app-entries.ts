import { existsSync } from 'node:fs'
import { join } from 'node:path'

export const checkoutDir = join(import.meta.dirname, '../..')

/** The file that runs an app: the bundle that ships, or the source where nothing was built (or `SLUICE_TEST_SOURCE=1` asks for it). */
export function appEntry(app: 'server' | 'delegate' | 'runner' | 'cli'): string {
  const bundle = join(checkoutDir, 'dist', `${app}.js`)
  return existsSync(bundle) && process.env['SLUICE_TEST_SOURCE'] !== '1' ? bundle : join(checkoutDir, 'apps', app, 'src/main.ts')
}

/** A delegate that kills itself at the point that `SLUICE_TEST_KILL_AT` names. */
export const mortalDelegateEntry = join(checkoutDir, 'apps/delegate/src/testing/delegate-process.ts')
