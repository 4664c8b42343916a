import type { ServerResponse } from 'node:http'
import type { ExecutionView } from '@sluice/contract'
import { type FakeData, stepsOf, toSummary } from './fake-data.ts'

export const fakeKey = 'slk_fake'
/** Works once. */
export const fakeCode = 'slc_fake'
export const sessionCookie = 'sluice_session=fake'

/** An error answer. */
export class FakeError extends Error {
  readonly status: number
  readonly body: unknown

  constructor(status: number, kind: string, code: string, message: string, hint?: string) {
    super(message)
    this.status = status
    this.body = { error: { kind, code, message, ...(hint === undefined ? {} : { hint }), requestId: 'req_fake' } }
  }
}

interface FakeCall {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
  readonly response: ServerResponse
}

/** Answers by endpoint id; undefined means that the handler has answered itself. */
export function createHandlers(data: FakeData, codes: Set<string>): Readonly<Record<string, (call: FakeCall) => unknown>> {
  const execution = (id: string | undefined): ExecutionView => {
    const view = data.executions.get(id ?? '')
    if (view === undefined) {
      throw new FakeError(
        404,
        'notFound',
        'EXECUTION_NOT_FOUND',
        `There is no execution "${id ?? ''}".`,
        'sluice execution list shows them.',
      )
    }
    return view
  }
  return {
    'account.whoami': () => ({ name: 'ada', role: 'admin', scope: {}, serverVersion: '0.1.0' }),
    'session.create': ({ body, response }) => {
      const { apiKey, code } = body as { apiKey?: string; code?: string }
      if (apiKey !== fakeKey && !codes.delete(code ?? '')) {
        throw new FakeError(
          401,
          'unauthenticated',
          'LOGIN_FAILED',
          apiKey === undefined
            ? 'The login code is not known, used up or too old.'
            : 'The API key is not known, expired or revoked.',
          'Check the key.',
        )
      }
      response.setHeader('set-cookie', `${sessionCookie}; Path=/; HttpOnly; SameSite=Strict`)
      return { name: 'ada', role: 'admin' }
    },
    'session.remove': ({ response }) => {
      response.setHeader('set-cookie', 'sluice_session=; Path=/; Max-Age=0')
      return {}
    },
    'pipelines.list': () => ({
      items: ['deploy_shop', 'deploy_billing'].map((identifier) => pipeline(identifier)),
    }),
    'pipelines.get': ({ params }) => pipeline(params['identifier'] ?? ''),
    'executions.list': ({ query }) => {
      const all = [...data.executions.values()]
        .map(toSummary)
        .filter(({ state }) => query['state'] === undefined || state === query['state'])
        .filter(
          ({ pipelineIdentifier }) =>
            query['pipelineIdentifier'] === undefined || pipelineIdentifier === query['pipelineIdentifier'],
        )
        .toSorted((a, b) => (a.id < b.id ? 1 : -1))
      const from = Number(query['cursor'] ?? 0)
      const limit = Math.min(Number(query['limit'] ?? 50), 5)
      return { items: all.slice(from, from + limit), ...(all.length > from + limit ? { nextCursor: String(from + limit) } : {}) }
    },
    'executions.get': ({ params }) => execution(params['executionId']),
    'executions.changesets': ({ params, query }) => ({
      items: execution(params['executionId'])
        .stages.flatMap(stepsOf)
        .filter(({ stepRunId }) => query['stepRunId'] === undefined || query['stepRunId'] === stepRunId)
        .flatMap(({ stepRunId }) => data.changesets.get(stepRunId) ?? []),
    }),
    'executions.selection': ({ params }) => data.selections.get(params['executionId'] ?? '') ?? { tasks: [] },
    'executions.kubernetesEvents': ({ params }) => ({ items: data.kubernetesEvents.get(params['executionId'] ?? '') ?? [] }),
    'executions.log': ({ params, query, response }) => {
      const bytes = Buffer.from(data.logs.get(params['stream'] ?? '')?.text ?? '')
      const offset = Number(query['offset'] ?? 0)
      response
        .writeHead(200, { 'content-type': 'application/octet-stream' })
        .end(bytes.subarray(offset, offset + Number(query['limit'] ?? 1024)))
      return undefined
    },
    'executions.run': ({ body }) => {
      const { pipelineIdentifier } = body as { pipelineIdentifier: string }
      const view = [...data.executions.values()].find((each) => each.pipelineIdentifier === pipelineIdentifier)
      if (view === undefined)
        throw new FakeError(404, 'notFound', 'PIPELINE_NOT_FOUND', `There is no pipeline "${pipelineIdentifier}".`)
      return toSummary(view)
    },
    'executions.cancel': ({ params }) => {
      const view = { ...execution(params['executionId']), cancelRequested: true }
      data.executions.set(view.id, { ...view, version: view.version + 1 })
      return toSummary(view)
    },
    'executions.resolve': ({ params }) => toSummary(execution(params['executionId'])),
    'executions.inspect': () => ({}),
    'delegates.list': () => ({ items: data.delegates }),
    'delegates.update': ({ params, body }) => {
      data.delegates = data.delegates.map((each) => (each.id === params['delegateId'] ? { ...each, ...(body as object) } : each))
      return data.delegates.find((each) => each.id === params['delegateId'])
    },
    'targets.list': () => ({ items: data.targets }),
  }
}

function pipeline(identifier: string) {
  return {
    kind: 'pipeline',
    spec: {
      identifier,
      name: identifier === 'deploy_shop' ? 'Deploy shop' : 'Deploy billing',
      yaml: 'pipeline:\n  variables:\n    - name: release\n      type: String\n      value: <+input>.default(v1)\n  stages: []\n',
    },
    meta: { version: 1, createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:00:00Z' },
  }
}
