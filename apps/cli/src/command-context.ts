import { createHttpClient, type HttpClient } from '@sluice/client'
import { readConfig } from './config.ts'
import type { Printer } from './output/printer.ts'
import { cliVersion } from './version.ts'

/** What every command gets. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv
  readonly printer: Printer
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** `--org` and `--project`, `default` unless given. */
  readonly scope: { readonly orgIdentifier: string; readonly projectIdentifier: string }
  /** The server of `login`, made on first use, so that local commands need none. */
  client(): HttpClient
  readStdin(): Promise<string>
}

export function createCommandContext(options: Omit<CommandContext, 'client' | 'readStdin'>): CommandContext {
  let made: HttpClient | undefined
  return {
    ...options,
    client() {
      if (made === undefined) {
        const config = readConfig(options.env)
        made = createHttpClient({
          baseUrl: config.url,
          token: () => config.apiKey,
          headers: { 'user-agent': `sluice-cli/${cliVersion}` },
        })
      }
      return made
    },
    async readStdin() {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Buffer))
      return Buffer.concat(chunks).toString('utf8')
    },
  }
}
