import { AppError, type AppErrorInit, type ErrorKind } from '@sluice/base'

/** An error whose HTTP status is more specific than its kind's (410, 416, 423, 426, 428, 429), or that carries headers. */
export class HttpError extends AppError {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    kind: ErrorKind,
    code: string,
    message: string,
    init: AppErrorInit & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(kind, code, message, init)
    this.status = status
    this.headers = init.headers ?? {}
  }
}

/** The error for something that is not there or that the caller may not know of: both look the same. */
export function notFound(what: string, name: string, hint?: string): AppError {
  return new AppError('notFound', 'NOT_FOUND', `There is no ${what} "${name}".`, hint === undefined ? {} : { hint })
}
