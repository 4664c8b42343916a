import { createOpenApi, publicEndpoints } from '@sluice/contract'
import type { App } from '../app-context.ts'
import { docsStyle } from './docs-style.ts'
import { renderDocs } from './render-docs.ts'

const policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** The API's description for programs (`/api/v1/openapi.json`) and for people (`/api/docs`). Made when it is first asked for. */
export function registerDocs(app: App): void {
  const { fastify, context } = app
  let made: { json: string; page: string } | undefined
  const make = (): { json: string; page: string } => {
    if (made === undefined) {
      const document = createOpenApi({ version: context.version, endpoints: publicEndpoints })
      made = { json: JSON.stringify(document), page: renderDocs(document) }
    }
    return made
  }
  const headers = { 'content-security-policy': policy, 'cache-control': 'no-cache' }
  fastify.get('/api/v1/openapi.json', (_request, reply) =>
    reply.headers({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' }).send(make().json),
  )
  fastify.get('/api/docs', (_request, reply) =>
    reply.headers({ ...headers, 'content-type': 'text/html; charset=utf-8' }).send(make().page),
  )
  fastify.get('/api/docs/style.css', (_request, reply) =>
    reply.headers({ ...headers, 'content-type': 'text/css; charset=utf-8' }).send(docsStyle),
  )
}
