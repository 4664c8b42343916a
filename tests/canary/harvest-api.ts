import assert from 'node:assert/strict'
import { entityEndpoints, executionEndpoints, operationEndpoints, publicEndpoints, secretEndpoints } from '@sluice/contract'
import type { Installation } from '../support/installation.ts'
import { stepsOf } from '../support/execution-steps.ts'

/** Streams are read while executions run, by `followStreams`. */
const streamIds: readonly string[] = Object.values(executionEndpoints)
  .filter((endpoint) => endpoint.kind === 'stream')
  .map(({ id }) => id)

export interface Answer {
  readonly path: string
  readonly bytes: Uint8Array
}

/** What every reading call of the API answers, with every thing that there is. Fails when a call of the contract was left out. */
export async function harvestApi(sluice: Installation): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  const visited = new Set<string>(streamIds)
  const get = async (id: string, path: string): Promise<string> => {
    visited.add(id)
    const response = await fetch(sluice.url + path, { headers: { authorization: `Bearer ${sluice.adminKey}` } })
    const bytes = new Uint8Array(await response.arrayBuffer())
    answers.push({ path, bytes })
    const text = new TextDecoder().decode(bytes)
    assert.ok(response.ok, `${path} answered ${String(response.status)}: ${text.slice(0, 500)}`)
    return text
  }
  const scope = 'orgIdentifier=default&projectIdentifier=default'
  for (const { list, get: one } of Object.values(entityEndpoints)) {
    const isAbove = list.path.endsWith('/organizations') || list.path.endsWith('/projects')
    const query = isAbove ? (list.path.endsWith('/projects') ? '?orgIdentifier=default' : '') : `?${scope}`
    const page = JSON.parse(await get(list.id, `${list.path}${query}`)) as {
      items: { spec: { identifier: string } }[]
    }
    for (const item of page.items) {
      const { identifier } = item.spec
      await get(one.id, `${one.path.replace('{identifier}', identifier)}${query}`)
      if (list.path === entityEndpoints.dbInstance.list.path) {
        const { id, path } = operationEndpoints.instanceChangesets
        await get(id, `${path.replace('{identifier}', identifier)}?${scope}`)
      }
    }
  }
  await get(secretEndpoints.recipients.id, `${secretEndpoints.recipients.path}?${scope}`)
  const executions = JSON.parse(await get(executionEndpoints.list.id, `${executionEndpoints.list.path}?limit=500`)) as {
    items: { id: string }[]
  }
  for (const { id } of executions.items) {
    const { get: whole, changesets, selection, kubernetesEvents } = executionEndpoints
    for (const endpoint of [whole, changesets, selection, kubernetesEvents])
      await get(endpoint.id, endpoint.path.replace('{executionId}', id))
    for (const step of stepsOf(await sluice.getExecution(id))) {
      if (step.log === undefined) continue
      const { id: endpointId, path } = executionEndpoints.log
      await get(endpointId, path.replace('{executionId}', id).replace('{stream}', step.log.stream))
    }
  }
  const delegates = JSON.parse(await get(operationEndpoints.delegates.id, operationEndpoints.delegates.path)) as {
    items: { id: string }[]
  }
  for (const { id } of delegates.items)
    await get(operationEndpoints.delegate.id, operationEndpoints.delegate.path.replace('{delegateId}', id))
  for (const endpoint of Object.values(operationEndpoints))
    if (endpoint.method === 'GET' && !endpoint.path.includes('{')) await get(endpoint.id, endpoint.path)
  const missed = publicEndpoints.filter(({ method, id }) => method === 'GET' && !visited.has(id)).map(({ id }) => id)
  assert.deepEqual(missed, [], 'the contract has calls that this search does not know')
  return answers
}

export interface FollowedStreams {
  /** Everything that came so far. */
  readonly answers: readonly Answer[]
  /** Throws when a stream had broken off. */
  stop(): Promise<void>
}

/** Reads server-sent events of these paths until it is stopped. */
export function followStreams(sluice: Installation, paths: readonly string[]): FollowedStreams {
  const stop = new AbortController()
  const answers = paths.map((path) => ({ path, chunks: [] as Uint8Array[] }))
  const readers = answers.map(async ({ path, chunks }) => {
    const response = await fetch(sluice.url + path, {
      headers: { authorization: `Bearer ${sluice.adminKey}` },
      signal: stop.signal,
    })
    assert.ok(response.ok && response.body !== null, `${path} answered ${String(response.status)}`)
    for await (const chunk of response.body) chunks.push(chunk as Uint8Array)
  })
  let broken: Error | undefined
  const settled = Promise.all(
    readers.map((reader) =>
      reader.catch((error: unknown) => {
        if (!stop.signal.aborted) broken ??= error instanceof Error ? error : new Error(String(error))
      }),
    ),
  )
  return {
    get answers() {
      return answers.map(({ path, chunks }) => ({ path, bytes: Buffer.concat(chunks) }))
    },
    async stop() {
      stop.abort()
      await settled
      if (broken !== undefined) throw broken
    },
  }
}
