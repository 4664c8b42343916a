import type { CallInput } from '@sluice/client'
import type { Endpoint } from '@sluice/contract'
import { queryOptions, type UseMutationResult, useMutation } from '@tanstack/react-query'
import type { z } from 'zod'
import { api } from './client.ts'

type Reply<E extends Endpoint> = z.output<E['reply']>
type Input<E extends Endpoint> = Pick<CallInput<E>, 'params' | 'query' | 'body' | 'ifMatch'>

/** A call of the contract as a query: its key is the endpoint's id and the input. For `useQuery`, `ensureQueryData` and the cache. */
export function endpointQuery<E extends Endpoint>(endpoint: E, input: Input<E> = {}) {
  return queryOptions<Reply<E>>({
    queryKey: [endpoint.id, input],
    queryFn: async ({ signal }) => (await api.call(endpoint, { ...input, signal })) as Reply<E>,
  })
}

/** A call of the contract that changes something. */
export function useEndpointMutation<E extends Endpoint>(
  endpoint: E,
  options: { readonly onSuccess?: ((reply: Reply<E>) => unknown) | undefined } = {},
): UseMutationResult<Reply<E>, Error, Input<E>> {
  return useMutation<Reply<E>, Error, Input<E>>({
    mutationFn: async (input) => (await api.call(endpoint, input)) as Reply<E>,
    ...(options.onSuccess === undefined ? {} : { onSuccess: options.onSuccess }),
  })
}
