import { AppError } from '@sluice/base'

/** Asks on the terminal without showing what is typed. Throws `AppError` `canceled` on Ctrl-C. */
export function promptHidden(question: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const { stdin, stderr } = process
    stderr.write(question)
    stdin.setRawMode(true)
    stdin.setEncoding('utf8')
    stdin.resume()
    let text = ''
    const end = (finish: () => void): void => {
      stdin.setRawMode(false)
      stdin.pause()
      stdin.off('data', onData)
      signal.removeEventListener('abort', onAbort)
      stderr.write('\n')
      finish()
    }
    const canceled = (): AppError => new AppError('canceled', 'PROMPT_CANCELED', 'Nothing was entered.')
    const onAbort = (): void => end(() => reject(canceled()))
    const onData = (chunk: string): void => {
      for (const character of chunk) {
        if (character === '\r' || character === '\n') return end(() => resolve(text))
        if (character === '\u0003' || character === '\u0004') return end(() => reject(canceled()))
        text = character === '\u007f' ? text.slice(0, -1) : text + character
      }
      return undefined
    }
    stdin.on('data', onData)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** Whether somebody sits at a terminal who can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/**
 * Asks for a yes on the terminal; anything but `y` or `yes` is a no. Throws `AppError` `invalid` where nobody can answer, and `canceled`
 * on a no or Ctrl-C.
 */
export async function confirm(question: string, signal: AbortSignal): Promise<void> {
  if (!canAsk()) {
    throw new AppError('invalid', 'CONFIRMATION_NEEDED', `${question} Nobody is there to confirm it; nothing was changed.`, {
      hint: 'Repeat the command with --yes.',
    })
  }
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal })
    if (/^y(es)?$/i.test(answer.trim())) return
  } catch (cause) {
    throw new AppError('canceled', 'PROMPT_CANCELED', 'Nothing was confirmed; nothing was changed.', { cause })
  } finally {
    lines.close()
  }
  throw new AppError('canceled', 'NOT_CONFIRMED', 'Nothing was changed.')
}
