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
