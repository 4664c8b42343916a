import { resolve } from 'node:path'
import { AppError } from '@sluice/base'

export interface StartOptions {
  readonly once: boolean
  readonly dataDir: string
  /** Undefined: 8400, or a free one when that is taken. */
  readonly port: number | undefined
}

/** Reads `./start`'s command line. Throws `AppError` for what it does not know. */
export function readStartOptions(argv: readonly string[]): StartOptions {
  let once = false
  let dataDir = '.sluice'
  let port: number | undefined
  for (let index = 0; index < argv.length; index++) {
    const [name, attached] = (argv[index] ?? '').split(/=(.*)/s, 2) as [string, string | undefined]
    const value = (): string => {
      const text = attached ?? argv[++index]
      if (text === undefined || text === '')
        throw new AppError('invalid', 'START_OPTION', `"${name}" takes a value.`, { hint: 'See ./start --help.' })
      return text
    }
    if (name === '--once') once = true
    else if (name === '--data') dataDir = value()
    else if (name === '--port') port = parsePort(value())
    else throw new AppError('invalid', 'START_OPTION', `There is no option "${name}".`, { hint: 'See ./start --help.' })
  }
  return { once, dataDir: resolve(dataDir), port }
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new AppError('invalid', 'START_OPTION', `"${text}" is not a port.`, { hint: 'A port is a number from 1 to 65535.' })
  return port
}
