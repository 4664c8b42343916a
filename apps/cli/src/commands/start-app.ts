import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AppError } from '@sluice/base'

/**
 * Runs one of the other apps as a child in the foreground: signals are passed on, its exit code is ours. The bundle lies beside this
 * one; in a checkout without a build the source is run.
 */
export function startApp(name: 'server' | 'delegate', env: NodeJS.ProcessEnv): Promise<number> {
  const candidates = [new URL(`./${name}.js`, import.meta.url), new URL(`../../../${name}/src/main.ts`, import.meta.url)].map(
    (url) => fileURLToPath(url),
  )
  const entry = candidates.find((path) => existsSync(path))
  if (entry === undefined)
    throw new AppError('failedPrecondition', 'APP_MISSING', `The ${name} is not part of this installation.`, {
      hint: 'Run `npm run build` in a checkout, or install the full package.',
    })
  const child = spawn(process.execPath, [entry], { env, stdio: 'inherit' })
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
  process.on('SIGTERM', forward)
  // Ctrl-C reaches the child by itself: it is in the same process group. This handler only keeps us alive to pass on its exit code.
  process.on('SIGINT', () => {})
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 130 : 1)))
  })
}
