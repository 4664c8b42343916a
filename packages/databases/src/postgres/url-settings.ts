import { AppError } from '@sluice/base'
import type { DatabaseUrl } from '@sluice/base'

/** Which hosts of several count: pgjdbc's `targetServerType`, libpq's `target_session_attrs`. */
export type ServerType = 'any' | 'primary' | 'preferPrimary'

export function readServerType({ parameters }: DatabaseUrl): ServerType {
  const written = (parameters['targetServerType'] ?? parameters['target_session_attrs'] ?? '').toLowerCase()
  if (written === 'any') return 'any'
  return written === 'primary' || written === 'master' || written === 'read-write' ? 'primary' : 'preferPrimary'
}

/** `connectTimeout` or `loginTimeout` in milliseconds; both are seconds in URLs, and 0 means none. */
export function readConnectTimeoutMs({ parameters }: DatabaseUrl): number | undefined {
  const seconds = Number(parameters['connectTimeout'] ?? parameters['loginTimeout'] ?? '')
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 3600) * 1000 : undefined
}

/**
 * The settings of `options` (`-c name=value`, `--name=value`; a backslash escapes a blank), as name and value. They are set after the
 * login, because poolers refuse start-up options. Throws `DATABASE_URL_OPTIONS` for anything else that a server could be told.
 */
export function readServerOptions({ parameters }: DatabaseUrl): readonly (readonly [string, string])[] {
  const words = (parameters['options'] ?? '').match(/(?:\\.|[^\s\\])+/gs)?.map((word) => word.replaceAll(/\\(.)/gs, '$1')) ?? []
  const settings: (readonly [string, string])[] = []
  for (let index = 0; index < words.length; index++) {
    let word = words[index] ?? ''
    if (word === '-c') word = `--${words[++index] ?? ''}`
    else if (word.startsWith('-c')) word = `--${word.slice(2)}`
    const match = /^--([a-z_][\w.-]*)=(.*)$/is.exec(word)
    if (match === null)
      throw new AppError(
        'invalid',
        'DATABASE_URL_OPTIONS',
        'The options of the database URL are not of the form -c name=value.',
        {
          hint: 'Write options=-c%20statement_timeout%3D60000, for example.',
        },
      )
    settings.push([(match[1] ?? '').replaceAll('-', '_'), match[2] ?? ''])
  }
  return settings
}
