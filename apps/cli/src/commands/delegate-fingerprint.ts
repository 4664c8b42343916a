import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@sluice/base'
import { fingerprint } from '@sluice/sealing'
import type { CommandContext } from '../command-context.ts'

/**
 * `sluice delegate fingerprint`: the fingerprint of a delegate's sealing key, read on its own host from its own data folder. Who approves the
 * delegate compares it with what the control plane shows: only then is it sure that secrets are sealed to this delegate.
 */
export async function printFingerprint(context: CommandContext, options: { readonly dir?: string }): Promise<void> {
  const path = join(options.dir ?? context.env['SLUICE_DELEGATE_DIR'] ?? join('.sluice', 'delegate'), 'identity.json')
  const publicKey = await readPublicKey(path)
  const text = await fingerprint(publicKey)
  context.printer.result({ fingerprint: text, publicKey }, () => text)
}

async function readPublicKey(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('notFound', 'IDENTITY_FILE_MISSING', `There is no delegate's identity at "${path}".`, {
      hint: 'Run this on the delegate’s host, as its user, with --dir and its data folder.',
      cause,
    })
  })
  try {
    const { publicKey } = (JSON.parse(text) as { seal: { publicKey: string } }).seal
    return publicKey
  } catch {
    // The cause is left out on purpose: a JSON error quotes the text, which holds private keys.
    throw new AppError('invalid', 'IDENTITY_FILE_BROKEN', `The identity at "${path}" cannot be read.`)
  }
}
