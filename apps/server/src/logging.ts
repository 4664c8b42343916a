import type { Logger } from '@sluice/base'
import { pino } from 'pino'
import type { LogLevel } from './config.ts'

/** Fields that must not reach a log even when somebody passes a whole object. */
const secretFields = [
  'authorization',
  'cookie',
  'password',
  'apiKey',
  'key',
  'token',
  'loginCode',
  'secret',
  'databaseUrl',
  'url',
]

/** The process's logger: JSON lines on standard output. */
export function createLogger(level: LogLevel): Logger {
  const paths = secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`])
  const log = pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths, censor: '[redacted]' },
    serializers: { error: serializeError },
  })
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
  }
}

/** An error with its causes, without the properties that drivers hang onto it (queries, parameters, connection options). */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { code } = error as { code?: unknown }
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: serializeError(error.cause) }),
  }
}
