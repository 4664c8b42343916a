import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyReply } from 'fastify'
import type { App } from '../app-context.ts'
import { notFound } from '../http/http-error.ts'

/** Scripts, styles and connections of our own only; no frames, no plugins, no inline code. */
export const webPolicy = [
  "default-src 'self'",
  "img-src 'self' data:",
  "style-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const oneYear = 'public, max-age=31536000, immutable'

/**
 * Serves the built web UI. Files under `assets/` have their hash in the name and are kept for ever; every other address that is no file is
 * the page itself, whose router knows it. A folder that does not exist yet answers with what to do.
 */
export async function registerWeb(app: App): Promise<void> {
  const { fastify, context } = app
  const { webDir } = context.config
  await fastify.register(fastifyStatic, {
    root: webDir,
    serve: false,
    // The folder may be built while the server runs.
    suppressWarning: true,
    cacheControl: false,
    etag: true,
    lastModified: false,
    index: false,
    dotfiles: 'ignore',
  })

  const sendPage = async (reply: FastifyReply): Promise<FastifyReply> => {
    const built = await stat(join(webDir, 'index.html')).catch(() => undefined)
    if (built === undefined) {
      return reply
        .code(503)
        .headers({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
        .send('The web UI has not been built. Run "npm run build" and reload this page; the API works without it.\n')
    }
    return reply.headers({ 'content-security-policy': webPolicy, 'cache-control': 'no-cache' }).sendFile('index.html')
  }

  fastify.get('/', (_request, reply) => sendPage(reply))
  fastify.get('/*', async (request, reply) => {
    const path = (request.params as { '*': string })['*']
    if (path.startsWith('api/')) throw notFound('call', `GET /${path.slice(0, 200)}`, 'GET /api/docs lists all calls.')
    const file = await findFile(webDir, path)
    if (file !== undefined) {
      const cache = path.startsWith('assets/') ? oneYear : 'no-cache'
      return reply.headers({ 'content-security-policy': webPolicy, 'cache-control': cache }).sendFile(file)
    }
    // What looks like a file is none of the page's addresses: a missing script must not come back as HTML.
    if (/\.[a-z0-9]{1,5}$/i.test(path)) throw notFound('file', `/${path.slice(0, 200)}`)
    return sendPage(reply)
  })
}

/** The path, when it is a file below the folder. What leads out of it, or is hidden, is not. */
async function findFile(webDir: string, path: string): Promise<string | undefined> {
  if (path.includes('\0') || path.split(/[/\\]/).some((part) => part.startsWith('.'))) return undefined
  const found = await stat(join(webDir, path)).catch(() => undefined)
  return found?.isFile() === true ? path : undefined
}
