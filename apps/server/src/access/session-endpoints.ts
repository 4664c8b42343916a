import { AppError, createToken } from '@sluice/base'
import { operationEndpoints } from '@sluice/contract'
import { deleteSession, findApiKey, insertLoginCode, insertSession, takeLoginCode, writeAudit } from '@sluice/store'
import type { App } from '../app-context.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import { readSessionCookie, sessionCookie } from './authenticate.ts'
import { createLoginLimit } from './login-limit.ts'
import { checkOrigin } from './origin.ts'

const sessionMs = 12 * 3_600_000
const loginCodeMs = 600_000

/** Login, logout, one-use login codes, and who the caller is. */
export function registerSessionEndpoints(app: App): void {
  const { config, store, clock, version } = app.context
  const limit = createLoginLimit(clock)
  const secure = config.tls !== undefined || config.publicUrl?.startsWith('https:') === true
  const cookie = { path: '/', httpOnly: true, sameSite: 'strict', secure } as const

  registerEndpoint(app, operationEndpoints.login, async ({ body, request, reply, requestId }) => {
    if (request.headers.origin !== undefined) checkOrigin(request, config.publicUrl)
    limit.check(request.ip)
    if ((body.apiKey === undefined) === (body.code === undefined)) {
      throw new AppError('invalid', 'LOGIN_INPUT', 'A login takes an API key or a one-use code.', {
        hint: 'Send "apiKey" or "code".',
      })
    }
    const key = body.code === undefined ? await findApiKey(store.db, body.apiKey ?? '') : await takeLoginCode(store.db, body.code)
    if (key === undefined) {
      limit.noteFailure(request.ip)
      throw new AppError(
        'unauthenticated',
        'LOGIN_FAILED',
        body.code === undefined
          ? 'The API key is not known, expired or revoked.'
          : 'The login code is not known, used up or too old.',
        { hint: body.code === undefined ? 'Check the key.' : 'Make a new one with "sluice login --web".' },
      )
    }
    const token = createToken()
    await insertSession(store.db, token, key.id, sessionMs)
    await writeAudit(store.db, { actor: key.name, action: 'session.create', subject: key.name, requestId })
    void reply.setCookie(sessionCookie, token, { ...cookie, maxAge: sessionMs / 1000 })
    return { name: key.name, role: key.role }
  })

  registerEndpoint(app, operationEndpoints.logout, async ({ request, reply }) => {
    const token = readSessionCookie(request)
    if (token !== undefined) {
      checkOrigin(request, config.publicUrl)
      await deleteSession(store.db, token)
    }
    void reply.clearCookie(sessionCookie, cookie)
    return {}
  })

  registerEndpoint(app, operationEndpoints.createLoginCode, async ({ caller, requestId }) => {
    const code = `slc_${createToken()}`
    await insertLoginCode(store.db, code, caller.apiKeyId, loginCodeMs)
    await writeAudit(store.db, { actor: caller.name, action: 'session.createCode', subject: caller.name, requestId })
    return { code, expiresInMs: loginCodeMs }
  })

  registerEndpoint(app, operationEndpoints.whoami, ({ caller }) =>
    Promise.resolve({
      name: caller.name,
      role: caller.role,
      scope: {
        ...(caller.scope.org === '' ? {} : { orgIdentifier: caller.scope.org }),
        ...(caller.scope.project === '' ? {} : { projectIdentifier: caller.scope.project }),
      },
      serverVersion: version,
    }),
  )
}
