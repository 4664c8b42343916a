/** A key of etcd with what it holds. */
export interface EtcdEntry {
  readonly key: string
  readonly value: Buffer
}

/**
 * Everything that an etcd holds, by its JSON gateway (https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/): what somebody with the disk or a
 * backup of a cluster would find. A key of one zero byte with the same end is the whole range.
 */
export async function readEtcd(url: string): Promise<EtcdEntry[]> {
  const body = JSON.stringify({ key: 'AA==', range_end: 'AA==' })
  const response = await fetch(new URL('/v3/kv/range', url), { method: 'POST', body, signal: AbortSignal.timeout(20_000) })
  if (!response.ok) throw new Error(`The etcd at ${url} answered ${String(response.status)}.`)
  const { kvs = [] } = (await response.json()) as { readonly kvs?: readonly { readonly key: string; readonly value?: string }[] }
  return kvs.map(({ key, value = '' }) => ({
    key: Buffer.from(key, 'base64').toString('utf8'),
    value: Buffer.from(value, 'base64'),
  }))
}
