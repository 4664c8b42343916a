import { AppError } from '@sluice/base'
import { createHttpClient } from '@sluice/client'
import { operationEndpoints } from '@sluice/contract'
import type { CommandContext } from '../command-context.ts'
import { assertSafeUrl, configPath, readConfig, writeConfig } from '../config.ts'

/** `sluice login`: checks a key against a server and keeps both. The key comes from stdin or a prompt, never from argv. */
export async function login(
  context: CommandContext,
  options: { readonly url: string; readonly keyFile?: string },
): Promise<void> {
  assertSafeUrl(options.url)
  const apiKey = (options.keyFile === undefined ? await askKey(context) : await readKeyFile(options.keyFile)).trim()
  if (apiKey === '')
    throw new AppError('invalid', 'API_KEY_MISSING', 'No API key was given.', {
      hint: 'Pass it on stdin, or name a file with --key-file.',
    })
  const client = createHttpClient({ baseUrl: options.url, token: () => apiKey })
  const me = await client.call(operationEndpoints.whoami, { signal: context.signal })
  const path = configPath(context.env)
  writeConfig(path, { url: options.url, apiKey })
  context.printer.result(
    { url: options.url, name: me.name, role: me.role, config: path },
    () => `Logged in to ${options.url} as ${me.name} (${me.role}). The key is kept in ${path}.`,
  )
}

async function readKeyFile(path: string): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('invalid', 'FILE_UNREADABLE', `The file "${path}" cannot be read.`, { cause })
  })
}

async function askKey(context: CommandContext): Promise<string> {
  if (!process.stdin.isTTY) return context.readStdin()
  const { promptHidden } = await import('../prompt.ts')
  return promptHidden('API key: ', context.signal)
}

/** `sluice login --web`: a link that opens the web UI once, as the caller, within ten minutes. */
export async function printLoginLink(context: CommandContext): Promise<void> {
  const { url } = readConfig(context.env)
  const { code, expiresInMs } = await context.client().call(operationEndpoints.createLoginCode, { signal: context.signal })
  const link = new URL(`/login?code=${code}`, url).toString()
  context.printer.result(
    { link, expiresInMs },
    () => `${link}\n(opens the web UI once, within ${String(Math.round(expiresInMs / 60_000))} minutes)`,
  )
}
