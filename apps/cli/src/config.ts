import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { AppError } from '@sluice/base'

/** Where the CLI finds its server and key. */
export interface CliConfig {
  readonly url: string
  readonly apiKey: string
  /** Key ids of delegates that were verified, so that a changed key is noticed: `delegateName → keyId`. */
  readonly pinnedKeys?: Readonly<Record<string, string>>
}

/**
 * The file that `login` writes: `SLUICE_CONFIG`, else the checkout's own (written by `./start`, named by `SLUICE_CHECKOUT_CONFIG`) where it
 * exists, else `~/.config/sluice/config.json`.
 */
export function configPath(env: NodeJS.ProcessEnv): string {
  if (env['SLUICE_CONFIG'] !== undefined && env['SLUICE_CONFIG'] !== '') return env['SLUICE_CONFIG']
  const checkout = env['SLUICE_CHECKOUT_CONFIG']
  if (checkout !== undefined && existsSync(checkout)) return checkout
  return join(env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'sluice', 'config.json')
}

/** Reads server and key from `SLUICE_URL` and `SLUICE_API_KEY`, else from the config file. Throws `AppError` `NOT_LOGGED_IN`. */
export function readConfig(env: NodeJS.ProcessEnv): CliConfig {
  const path = configPath(env)
  const stored = existsSync(path) ? parseConfig(path) : undefined
  const url = env['SLUICE_URL'] ?? stored?.url
  const apiKey = env['SLUICE_API_KEY'] ?? stored?.apiKey
  if (url === undefined || apiKey === undefined) {
    throw new AppError('unauthenticated', 'NOT_LOGGED_IN', 'No server and API key are known.', {
      hint: 'Run `sluice login --url URL` first, or set SLUICE_URL and SLUICE_API_KEY. On a checkout, `./start` does it for you.',
    })
  }
  assertSafeUrl(url)
  return { ...stored, url, apiKey }
}

/** Refuses plain HTTP to other hosts: an API key would travel in the open. */
export function assertSafeUrl(url: string): void {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch (cause) {
    throw new AppError('invalid', 'SERVER_URL_INVALID', `"${url}" is not a URL.`, {
      hint: 'Write it like https://sluice.example.com.',
      cause,
    })
  }
  const isLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(parsed.hostname)
  if (parsed.protocol !== 'https:' && !(parsed.protocol === 'http:' && isLoopback)) {
    throw new AppError('invalid', 'SERVER_URL_NOT_SAFE', `"${url}" is not https.`, { hint: 'Plain HTTP is for loopback only.' })
  }
}

/** Writes the config file, readable by its owner only, in one step. */
export function writeConfig(path: string, config: CliConfig): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const next = `${path}.${String(process.pid)}`
  writeFileSync(next, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 })
  renameSync(next, path)
}

function parseConfig(path: string): CliConfig {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as CliConfig
  } catch (cause) {
    throw new AppError('invalid', 'CONFIG_BROKEN', `The config file "${path}" cannot be read.`, {
      hint: 'Remove it and run `sluice login` again.',
      cause,
    })
  }
}
